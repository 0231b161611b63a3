"""Functions of a graph's library: made from Python functions, called, differentiated, looped over."""
