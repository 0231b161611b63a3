"""tf.random: names only."""

from evergraph.graph.scopes import get_seed as get_seed
from evergraph.graph.scopes import set_random_seed as set_random_seed
from evergraph.ops.random import truncated_normal as truncated_normal
from evergraph.ops.random_choice import categorical as categorical
from evergraph.ops.random_choice import multinomial as multinomial
from evergraph.ops.random_stateless import stateless_categorical as stateless_categorical
from evergraph.ops.random_stateless import stateless_multinomial as stateless_multinomial
from evergraph.ops.random_stateless import stateless_truncated_normal as stateless_truncated_normal
