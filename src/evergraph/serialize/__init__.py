"""A graph as messages: GraphDef, MetaGraphDef, TensorProto; and the way back."""

from evergraph.serialize.graph_def import install

install()
