"""tf.python_io: names only."""

from evergraph.data.tfrecord import TFRecordCompressionType as TFRecordCompressionType
from evergraph.data.tfrecord import TFRecordOptions as TFRecordOptions
from evergraph.data.tfrecord import TFRecordWriter as TFRecordWriter
from evergraph.data.tfrecord import tf_record_iterator as tf_record_iterator
