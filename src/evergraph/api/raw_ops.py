"""tf.raw_ops: a name for each registered op."""

from evergraph.registry.op_functions import raw_ops_dir as __dir__
from evergraph.registry.op_functions import raw_ops_getattr as __getattr__
