"""tf.nn: names only."""

from evergraph.ops.math_trigonometry import tanh as tanh
from evergraph.ops.sigmoid import sigmoid as sigmoid
