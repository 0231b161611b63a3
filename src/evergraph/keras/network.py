"""The base class of Keras' models, which can be named and subclassed but not made yet."""

from __future__ import annotations

from typing import Any

from evergraph.core.errors import UnsupportedError, explain


class Network:
    """What `tf.keras.Model` and `Sequential` derive from.

    Raises:
        UnsupportedError: always, when one is made: Keras' models aren't supported yet.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise UnsupportedError(
            explain(
                f"Keras' networks aren't supported yet (class {type(self).__name__}).",
                fix="build the model with tf.layers, tf.nn and variables; train it in a session",
            )
        )


__all__ = ["Network"]
