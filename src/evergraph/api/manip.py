"""tf.manip: names only."""

from evergraph.ops.array_shape import reshape as reshape
