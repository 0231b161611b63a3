"""Functions of a graph's library: made from Python functions, called, looped over."""
