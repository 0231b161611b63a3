"""tf.data.experimental: names only."""

from evergraph.data.tfrecord import TFRecordWriter as TFRecordWriter
