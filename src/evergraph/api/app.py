"""tf.app: names only."""

from evergraph.api import flags as flags
from evergraph.platform.app import run as run
