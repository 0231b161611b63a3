"""tf.io: names only."""

from evergraph.api import io_gfile as gfile
from evergraph.data.tfrecord import TFRecordCompressionType as TFRecordCompressionType
from evergraph.data.tfrecord import TFRecordOptions as TFRecordOptions
from evergraph.data.tfrecord import TFRecordWriter as TFRecordWriter
from evergraph.data.tfrecord import tf_record_iterator as tf_record_iterator
from evergraph.ops.files import matching_files as matching_files
from evergraph.ops.files import read_file as read_file
from evergraph.ops.files import write_file as write_file
from evergraph.ops.sparse_serialize import deserialize_many_sparse as deserialize_many_sparse
from evergraph.ops.sparse_serialize import serialize_many_sparse as serialize_many_sparse
from evergraph.ops.sparse_serialize import serialize_sparse as serialize_sparse
from evergraph.training.graph_io import write_graph as write_graph
