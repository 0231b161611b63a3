"""tf.linalg: names only."""

from evergraph.ops.array_layout import matrix_transpose as matrix_transpose
from evergraph.ops.array_layout import transpose as transpose
