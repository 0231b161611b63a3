"""tf.io: names only."""

from evergraph.api import io_gfile as gfile
