"""tf.graph_util: names only."""

from evergraph.serialize.freezing import (
    convert_variables_to_constants as convert_variables_to_constants,
)
from evergraph.serialize.freezing import extract_sub_graph as extract_sub_graph
from evergraph.serialize.freezing import must_run_on_cpu as must_run_on_cpu
from evergraph.serialize.freezing import remove_training_nodes as remove_training_nodes
from evergraph.serialize.freezing import (
    tensor_shape_from_node_def_name as tensor_shape_from_node_def_name,
)
from evergraph.serialize.import_graph import import_graph_def as import_graph_def
