"""tf.manip: names only."""

from evergraph.ops.array_gather import gather_nd as gather_nd
from evergraph.ops.array_layout import reverse as reverse
from evergraph.ops.array_layout import roll as roll
from evergraph.ops.array_layout import tile as tile
from evergraph.ops.array_scatter import scatter_nd as scatter_nd
from evergraph.ops.array_shape import reshape as reshape
from evergraph.ops.space_batch import batch_to_space_nd as batch_to_space_nd
from evergraph.ops.space_batch import space_to_batch_nd as space_to_batch_nd
