"""tf.io: names only."""

from evergraph.api import io_gfile as gfile
from evergraph.ops.files import matching_files as matching_files
from evergraph.ops.files import read_file as read_file
from evergraph.ops.files import write_file as write_file
from evergraph.training.graph_io import write_graph as write_graph
