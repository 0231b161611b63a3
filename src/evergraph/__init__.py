"""Evergraph runs graph-era TensorFlow programs on today's Python, compiled by XLA.

`import evergraph as tf` gives TensorFlow's namespace; after `install_as_tensorflow()`,
`import tensorflow` gives it too.
"""

from typing import Any

# Bound before the line below, which gives `evergraph.compat` its public meaning: tf.compat.
import evergraph.compat as _compat
from evergraph import api as _api
from evergraph.api import *  # noqa: F403
from evergraph.core.lazy import explain_missing_names as _explain_missing_names
from evergraph.platform import versions as _versions

__version__ = _versions.EVERGRAPH_VERSION
_explain_missing_names(_api)


def install_as_tensorflow() -> None:
    """Let `import tensorflow` give Evergraph, in this process, from here on.

    Raises:
        ImportError: the real TensorFlow is already imported.
    """
    _compat.install_as_tensorflow()


def __getattr__(name: str) -> Any:
    return getattr(_api, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(_api)})
