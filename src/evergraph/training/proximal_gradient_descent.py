"""Proximal gradient descent."""

from __future__ import annotations

from typing import Any, ClassVar

from evergraph.ops.training import (
    APPLY_PROXIMAL_GRADIENT_DESCENT,
    RESOURCE_APPLY_PROXIMAL_GRADIENT_DESCENT,
    RESOURCE_SPARSE_APPLY_PROXIMAL_GRADIENT_DESCENT,
    SPARSE_APPLY_PROXIMAL_GRADIENT_DESCENT,
)
from evergraph.training.slot_optimizer import SlotOptimizer, UpdateOps


class ProximalGradientDescentOptimizer(SlotOptimizer):
    """p = w - rate g; w = sign(p) max(|p| - rate l1, 0) / (1 + rate l2) (Duchi and Singer, 2009).

    Args:
        learning_rate: float or scalar tensor.
        l1_regularization_strength: l1, not negative.
        l2_regularization_strength: l2, not negative.
        use_locking: accepted; updates never interleave.
        name: name scope of the updates.

    Reference: TensorFlow 1.15, tensorflow/python/training/proximal_gradient_descent.py.
    """

    casts_scalars = False
    scalar_inputs: ClassVar[dict[str, str]] = {
        "alpha": "learning_rate",
        "l1": "l1_regularization_strength",
        "l2": "l2_regularization_strength",
    }

    def __init__(
        self,
        learning_rate: Any,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "ProximalGradientDescent",
    ) -> None:
        super().__init__(
            use_locking,
            name,
            learning_rate=learning_rate,
            l1_regularization_strength=l1_regularization_strength,
            l2_regularization_strength=l2_regularization_strength,
        )

    def _ops(self) -> UpdateOps:
        return UpdateOps(
            APPLY_PROXIMAL_GRADIENT_DESCENT,
            RESOURCE_APPLY_PROXIMAL_GRADIENT_DESCENT,
            SPARSE_APPLY_PROXIMAL_GRADIENT_DESCENT,
            RESOURCE_SPARSE_APPLY_PROXIMAL_GRADIENT_DESCENT,
        )
