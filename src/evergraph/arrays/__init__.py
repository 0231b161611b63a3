"""What kernels compute with: one array namespace in two forms, NumPy's and JAX's.

`numpy_backend` and `jax_backend` have the same names with the same meaning (the table is at the top
of `numpy_backend`); only the second loads JAX. TensorFlow's edge semantics live here once for all
kernels: casts out of range, division by zero, shifts, bounds of gathers and scatters, NaN in
minimum and maximum.
"""
