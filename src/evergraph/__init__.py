"""Evergraph runs graph-era TensorFlow programs on today's Python, compiled by XLA."""
