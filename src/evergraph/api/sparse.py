"""tf.sparse: names only."""

from evergraph.graph.composite import SparseTensor as SparseTensor
