"""Keras inside TensorFlow; so far the names that programs and cells import from it."""
