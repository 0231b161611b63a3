"""tf.initializers: names only."""

from evergraph.variables.initializers import Constant as constant
from evergraph.variables.initializers import GlorotNormal as glorot_normal
from evergraph.variables.initializers import GlorotUniform as glorot_uniform
from evergraph.variables.initializers import Identity as identity
from evergraph.variables.initializers import Ones as ones
from evergraph.variables.initializers import RandomNormal as random_normal
from evergraph.variables.initializers import RandomUniform as random_uniform
from evergraph.variables.initializers import TruncatedNormal as truncated_normal
from evergraph.variables.initializers import UniformUnitScaling as uniform_unit_scaling
from evergraph.variables.initializers import VarianceScaling as variance_scaling
from evergraph.variables.initializers import Zeros as zeros
from evergraph.variables.initializers import he_normal as he_normal
from evergraph.variables.initializers import he_uniform as he_uniform
from evergraph.variables.initializers import lecun_normal as lecun_normal
from evergraph.variables.initializers import lecun_uniform as lecun_uniform
from evergraph.variables.lists import global_variables_initializer as global_variables
from evergraph.variables.lists import local_variables_initializer as local_variables
from evergraph.variables.lists import variables_initializer as variables
from evergraph.variables.orthogonal_initializers import Orthogonal as orthogonal
