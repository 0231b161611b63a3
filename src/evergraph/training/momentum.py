"""Gradient descent with momentum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from evergraph.ops.training import (
    APPLY_MOMENTUM,
    RESOURCE_APPLY_MOMENTUM,
    RESOURCE_SPARSE_APPLY_MOMENTUM,
    SPARSE_APPLY_MOMENTUM,
)
from evergraph.training.slot_optimizer import SlotOptimizer, UpdateOps


class MomentumOptimizer(SlotOptimizer):
    """a = momentum a + g; w -= learning_rate a; with Nesterov w -= learning_rate (g + momentum a).

    Args:
        learning_rate: float, scalar tensor, or a function that returns one.
        momentum: likewise.
        use_locking: accepted; updates never interleave.
        name: name scope of the updates and prefix of the slots.
        use_nesterov: look ahead along the momentum (Sutskever et al., 2013).

    Slots: "momentum" (a).
    Reference: TensorFlow 1.15, tensorflow/python/training/momentum.py.
    """

    slot_inputs: ClassVar[dict[str, str]] = {"accum": "momentum"}
    scalar_inputs: ClassVar[dict[str, str]] = {"lr": "learning_rate", "momentum": "momentum"}

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "Momentum",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(use_locking, name, learning_rate=learning_rate, momentum=momentum)
        self._use_nesterov = use_nesterov

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        self._zeros_slots(var_list, "momentum")

    def _op_attrs(self) -> dict[str, Any]:
        return {"use_nesterov": self._use_nesterov}

    def _ops(self) -> UpdateOps:
        return UpdateOps(
            APPLY_MOMENTUM,
            RESOURCE_APPLY_MOMENTUM,
            SPARSE_APPLY_MOMENTUM,
            RESOURCE_SPARSE_APPLY_MOMENTUM,
        )
