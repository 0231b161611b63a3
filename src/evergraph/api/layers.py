"""tf.layers: names only."""

from evergraph.layers.base import Layer as Layer
from evergraph.layers.core import Dense as Dense
from evergraph.layers.core import dense as dense
from evergraph.layers.input_spec import InputSpec as InputSpec
