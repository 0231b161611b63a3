"""tf.version: names only."""

from evergraph.platform.versions import COMPILER_VERSION as COMPILER_VERSION
from evergraph.platform.versions import GIT_VERSION as GIT_VERSION
from evergraph.platform.versions import GRAPH_DEF_VERSION as GRAPH_DEF_VERSION
from evergraph.platform.versions import (
    GRAPH_DEF_VERSION_MIN_CONSUMER as GRAPH_DEF_VERSION_MIN_CONSUMER,
)
from evergraph.platform.versions import (
    GRAPH_DEF_VERSION_MIN_PRODUCER as GRAPH_DEF_VERSION_MIN_PRODUCER,
)
from evergraph.platform.versions import VERSION as VERSION
