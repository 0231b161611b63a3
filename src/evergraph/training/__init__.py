"""Training: optimizers, learning rates, moving averages, savers, and what drives a loop."""
