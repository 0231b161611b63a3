"""tf.contrib: its packages, each loaded at its first use."""

from evergraph.core.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__, {"rnn": "evergraph.contrib.rnn"})
