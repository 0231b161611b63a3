"""Gradients: from a loss to the operations that compute its derivatives."""
