"""tf.debugging: names only."""

from evergraph.ops.assertions import Assert as Assert
from evergraph.ops.identity import check_numerics as check_numerics
from evergraph.ops.math_comparison import is_finite as is_finite
from evergraph.ops.math_comparison import is_inf as is_inf
from evergraph.ops.math_comparison import is_nan as is_nan
