"""tf.bitwise: names only."""

from evergraph.ops.bitwise import bitwise_and as bitwise_and
from evergraph.ops.bitwise import bitwise_or as bitwise_or
from evergraph.ops.bitwise import bitwise_xor as bitwise_xor
from evergraph.ops.bitwise import invert as invert
from evergraph.ops.bitwise import left_shift as left_shift
from evergraph.ops.bitwise import right_shift as right_shift
