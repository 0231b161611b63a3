"""Layers, RNN cells and the loops over them."""
