"""tf.manip: names only."""

from evergraph.ops.array_layout import reverse as reverse
from evergraph.ops.array_layout import roll as roll
from evergraph.ops.array_layout import tile as tile
from evergraph.ops.array_shape import reshape as reshape
