"""tf.contrib.layers: initializers, embedding lookups of sparse ids and hashes; names only."""

from evergraph.contrib.layers.embeddings import embedding_lookup_unique as embedding_lookup_unique
from evergraph.contrib.layers.embeddings import (
    safe_embedding_lookup_sparse as safe_embedding_lookup_sparse,
)
from evergraph.contrib.layers.embeddings import (
    scattered_embedding_lookup as scattered_embedding_lookup,
)
from evergraph.contrib.layers.embeddings import (
    scattered_embedding_lookup_sparse as scattered_embedding_lookup_sparse,
)
from evergraph.contrib.layers.initializers import (
    variance_scaling_initializer as variance_scaling_initializer,
)
from evergraph.contrib.layers.initializers import xavier_initializer as xavier_initializer
from evergraph.contrib.layers.initializers import (
    xavier_initializer_conv2d as xavier_initializer_conv2d,
)
from evergraph.contrib.layers.segmented_embeddings import (
    embedding_lookup_sparse_with_distributed_aggregation,
)
from evergraph.ops.sparse_feature_cross import sparse_feature_cross as sparse_feature_cross

__all__ = [
    "embedding_lookup_sparse_with_distributed_aggregation",
    "embedding_lookup_unique",
    "safe_embedding_lookup_sparse",
    "scattered_embedding_lookup",
    "scattered_embedding_lookup_sparse",
    "sparse_feature_cross",
    "variance_scaling_initializer",
    "xavier_initializer",
    "xavier_initializer_conv2d",
]
