"""tf.random: names only."""

from evergraph.graph.scopes import get_seed as get_seed
from evergraph.graph.scopes import set_random_seed as set_random_seed
