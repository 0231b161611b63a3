"""tf.compat: names only."""

from evergraph.core.shapes import dimension_at_index as dimension_at_index
from evergraph.core.shapes import dimension_value as dimension_value
from evergraph.platform.strings import as_bytes as as_bytes
from evergraph.platform.strings import as_str as as_str
from evergraph.platform.strings import as_str_any as as_str_any
from evergraph.platform.strings import as_text as as_text
from evergraph.platform.strings import bytes_or_text_types as bytes_or_text_types
from evergraph.platform.strings import complex_types as complex_types
from evergraph.platform.strings import integral_types as integral_types
from evergraph.platform.strings import path_to_str as path_to_str
from evergraph.platform.strings import real_types as real_types
from evergraph.platform.versions import (
    forward_compatibility_horizon as forward_compatibility_horizon,
)
from evergraph.platform.versions import forward_compatible as forward_compatible
