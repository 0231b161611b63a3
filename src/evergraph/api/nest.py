"""tf.nest: names only."""

from evergraph.core.nest import assert_same_structure as assert_same_structure
from evergraph.core.nest import flatten as flatten
from evergraph.core.nest import is_nested as is_nested
from evergraph.core.nest import map_structure as map_structure
from evergraph.core.nest import pack_sequence_as as pack_sequence_as
