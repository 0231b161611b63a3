"""tf.nn: names only."""

from evergraph.ops.embedding import embedding_lookup as embedding_lookup
from evergraph.ops.embedding import embedding_lookup_sparse as embedding_lookup_sparse
from evergraph.ops.math_trigonometry import tanh as tanh
from evergraph.ops.sigmoid import sigmoid as sigmoid
from evergraph.ops.space_batch import space_to_batch as space_to_batch
from evergraph.ops.space_depth import depth_to_space as depth_to_space
from evergraph.ops.space_depth import space_to_depth as space_to_depth
