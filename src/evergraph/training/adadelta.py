"""Adadelta."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from evergraph.ops.training import (
    APPLY_ADADELTA,
    RESOURCE_APPLY_ADADELTA,
    RESOURCE_SPARSE_APPLY_ADADELTA,
    SPARSE_APPLY_ADADELTA,
)
from evergraph.training.slot_optimizer import SlotOptimizer, UpdateOps


class AdadeltaOptimizer(SlotOptimizer):
    """Adadelta (Zeiler, 2012).

    a = rho a + (1 - rho) g^2; u = g sqrt(d + epsilon) / sqrt(a + epsilon); w -= learning_rate u;
    d = rho d + (1 - rho) u^2.

    Args:
        learning_rate: float, scalar tensor, or a function that returns one; 1 in the paper.
        rho: decay of both averages.
        epsilon: inside both square roots.
        use_locking: accepted; updates never interleave.
        name: name scope of the updates and prefix of the slots.

    Slots: "accum" (a), "accum_update" (d).
    Reference: TensorFlow 1.15, tensorflow/python/training/adadelta.py.
    """

    slot_inputs: ClassVar[dict[str, str]] = {"accum": "accum", "accum_update": "accum_update"}
    scalar_inputs: ClassVar[dict[str, str]] = {"lr": "lr", "rho": "rho", "epsilon": "epsilon"}

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Any = 0.95,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adadelta",
    ) -> None:
        super().__init__(use_locking, name, lr=learning_rate, rho=rho, epsilon=epsilon)

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        self._zeros_slots(var_list, "accum", "accum_update")

    def _ops(self) -> UpdateOps:
        return UpdateOps(
            APPLY_ADADELTA,
            RESOURCE_APPLY_ADADELTA,
            SPARSE_APPLY_ADADELTA,
            RESOURCE_SPARSE_APPLY_ADADELTA,
        )
