"""RMSProp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from evergraph.ops.fills import ones_like
from evergraph.ops.training import (
    APPLY_CENTERED_RMS_PROP,
    APPLY_RMS_PROP,
    RESOURCE_APPLY_CENTERED_RMS_PROP,
    RESOURCE_APPLY_RMS_PROP,
    RESOURCE_SPARSE_APPLY_CENTERED_RMS_PROP,
    RESOURCE_SPARSE_APPLY_RMS_PROP,
    SPARSE_APPLY_CENTERED_RMS_PROP,
    SPARSE_APPLY_RMS_PROP,
)
from evergraph.training.slot_optimizer import SlotOptimizer, UpdateOps
from evergraph.variables.initializers import ones_initializer

_PLAIN = UpdateOps(
    APPLY_RMS_PROP, RESOURCE_APPLY_RMS_PROP, SPARSE_APPLY_RMS_PROP, RESOURCE_SPARSE_APPLY_RMS_PROP
)
_CENTERED = UpdateOps(
    APPLY_CENTERED_RMS_PROP,
    RESOURCE_APPLY_CENTERED_RMS_PROP,
    SPARSE_APPLY_CENTERED_RMS_PROP,
    RESOURCE_SPARSE_APPLY_CENTERED_RMS_PROP,
)


class RMSPropOptimizer(SlotOptimizer):
    """s = decay s + (1 - decay) g^2; p = momentum p + learning_rate g / sqrt(s + epsilon); w -= p.

    Centered, the variance s - mg^2 stands in for s, with mg = decay mg + (1 - decay) g.
    The first s is 1 (Tieleman and Hinton, 2012).

    Args:
        learning_rate: float, scalar tensor, or a function that returns one.
        decay: decay of the averages.
        momentum: momentum.
        epsilon: inside the square root.
        use_locking: accepted; updates never interleave.
        centered: divide by the deviation rather than by the root of the mean square.
        name: name scope of the updates and prefix of the slots.

    Slots: "rms" (s), "momentum" (p), and "mg" when centered.
    Reference: TensorFlow 1.15, tensorflow/python/training/rmsprop.py.
    """

    slot_inputs: ClassVar[dict[str, str]] = {"ms": "rms", "mom": "momentum", "mg": "mg"}
    scalar_inputs: ClassVar[dict[str, str]] = {
        "lr": "learning_rate",
        "rho": "decay",
        "momentum": "momentum",
        "epsilon": "epsilon",
    }

    def __init__(
        self,
        learning_rate: Any,
        decay: Any = 0.9,
        momentum: Any = 0.0,
        epsilon: Any = 1e-10,
        use_locking: bool = False,
        centered: bool = False,
        name: str = "RMSProp",
    ) -> None:
        super().__init__(
            use_locking,
            name,
            learning_rate=learning_rate,
            decay=decay,
            momentum=momentum,
            epsilon=epsilon,
        )
        self._centered = centered

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            dtype = var.dtype.base_dtype
            is_known = var.get_shape().is_fully_defined()
            initializer: Any = ones_initializer(dtype=dtype) if is_known else ones_like(var)
            self._get_or_make_slot_with_initializer(
                var, initializer, var.get_shape(), dtype, "rms", self._name
            )
            self._zeros_slots([var], *(("mg", "momentum") if self._centered else ("momentum",)))

    def _ops(self) -> UpdateOps:
        return _CENTERED if self._centered else _PLAIN
