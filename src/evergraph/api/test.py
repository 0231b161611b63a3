"""tf.test: names only."""
