"""tf.sparse: names only."""

from evergraph.graph.composite import SparseTensor as SparseTensor
from evergraph.ops.math_sparse_segment import sparse_segment_mean as segment_mean
from evergraph.ops.math_sparse_segment import sparse_segment_sqrt_n as segment_sqrt_n
from evergraph.ops.math_sparse_segment import sparse_segment_sum as segment_sum
from evergraph.ops.placeholders import sparse_placeholder as placeholder
from evergraph.ops.unique import sparse_mask as mask
