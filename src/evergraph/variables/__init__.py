"""Variables: state that a program reads, assigns and trains."""
