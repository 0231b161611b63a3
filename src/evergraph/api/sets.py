"""tf.sets: names only."""

from evergraph.ops.sets import set_difference as difference
from evergraph.ops.sets import set_difference as set_difference
from evergraph.ops.sets import set_intersection as intersection
from evergraph.ops.sets import set_intersection as set_intersection
from evergraph.ops.sets import set_size as set_size
from evergraph.ops.sets import set_size as size
from evergraph.ops.sets import set_union as set_union
from evergraph.ops.sets import set_union as union
