"""tf.random: names only."""

from evergraph.graph.scopes import get_seed as get_seed
from evergraph.graph.scopes import set_random_seed as set_random_seed
from evergraph.ops.random import random_normal as normal
from evergraph.ops.random import random_uniform as uniform
from evergraph.ops.random import truncated_normal as truncated_normal
from evergraph.ops.random_choice import categorical as categorical
from evergraph.ops.random_choice import multinomial as multinomial
from evergraph.ops.random_choice import random_shuffle as shuffle
from evergraph.ops.random_distributions import random_gamma as gamma
from evergraph.ops.random_distributions import random_poisson as poisson
from evergraph.ops.random_stateless import stateless_categorical as stateless_categorical
from evergraph.ops.random_stateless import stateless_multinomial as stateless_multinomial
from evergraph.ops.random_stateless import stateless_random_normal as stateless_normal
from evergraph.ops.random_stateless import stateless_random_uniform as stateless_uniform
from evergraph.ops.random_stateless import stateless_truncated_normal as stateless_truncated_normal
