"""What an op is: its schema, kernel, shape function and gradient."""
