"""tf.strings: names only."""

from evergraph.ops.printing import string_format as format
