"""tf.logging: names only."""

from evergraph.platform.logging import DEBUG as DEBUG
from evergraph.platform.logging import ERROR as ERROR
from evergraph.platform.logging import FATAL as FATAL
from evergraph.platform.logging import INFO as INFO
from evergraph.platform.logging import WARN as WARN
from evergraph.platform.logging import TaskLevelStatusMessage as TaskLevelStatusMessage
from evergraph.platform.logging import debug as debug
from evergraph.platform.logging import error as error
from evergraph.platform.logging import fatal as fatal
from evergraph.platform.logging import flush as flush
from evergraph.platform.logging import get_verbosity as get_verbosity
from evergraph.platform.logging import info as info
from evergraph.platform.logging import log as log
from evergraph.platform.logging import log_every_n as log_every_n
from evergraph.platform.logging import log_first_n as log_first_n
from evergraph.platform.logging import log_if as log_if
from evergraph.platform.logging import set_verbosity as set_verbosity
from evergraph.platform.logging import vlog as vlog
from evergraph.platform.logging import warn as warn
from evergraph.platform.logging import warning as warning
