"""tf.graph_util: names only."""

from evergraph.serialize.import_graph import import_graph_def as import_graph_def
