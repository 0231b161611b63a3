"""Small programs written against TensorFlow's API, one module per theme; see `theme.py`."""
