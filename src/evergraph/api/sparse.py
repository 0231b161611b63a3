"""tf.sparse: names only."""

from evergraph.graph.composite import SparseTensor as SparseTensor
from evergraph.ops.placeholders import sparse_placeholder as placeholder
