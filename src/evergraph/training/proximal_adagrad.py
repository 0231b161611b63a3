"""Adagrad with proximal steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from evergraph.graph.scopes import colocate_with
from evergraph.ops.constants import constant
from evergraph.ops.training import (
    APPLY_PROXIMAL_ADAGRAD,
    RESOURCE_APPLY_PROXIMAL_ADAGRAD,
    RESOURCE_SPARSE_APPLY_PROXIMAL_ADAGRAD,
    SPARSE_APPLY_PROXIMAL_ADAGRAD,
)
from evergraph.training.slot_optimizer import SlotOptimizer, UpdateOps


class ProximalAdagradOptimizer(SlotOptimizer):
    """Adagrad (Duchi et al., 2011) with proximal steps.

    a += g^2; rate = learning_rate / sqrt(a); p = w - rate g;
    w = sign(p) max(|p| - rate l1, 0) / (1 + rate l2).

    Args:
        learning_rate: float or scalar tensor.
        initial_accumulator_value: first value of a; positive.
        l1_regularization_strength: l1, not negative.
        l2_regularization_strength: l2, not negative.
        use_locking: accepted; updates never interleave.
        name: name scope of the updates and prefix of the slots.

    Raises:
        ValueError: `initial_accumulator_value` isn't positive.

    Slots: "accumulator" (a).
    Reference: TensorFlow 1.15, tensorflow/python/training/proximal_adagrad.py.
    """

    slot_inputs: ClassVar[dict[str, str]] = {"accum": "accumulator"}
    casts_scalars = False
    scalar_inputs: ClassVar[dict[str, str]] = {
        "lr": "learning_rate",
        "l1": "l1_regularization_strength",
        "l2": "l2_regularization_strength",
    }

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "ProximalAdagrad",
    ) -> None:
        if initial_accumulator_value <= 0.0:
            raise ValueError(
                f"initial_accumulator_value must be positive: {initial_accumulator_value}"
            )
        super().__init__(
            use_locking,
            name,
            learning_rate=learning_rate,
            l1_regularization_strength=l1_regularization_strength,
            l2_regularization_strength=l2_regularization_strength,
        )
        self._initial_accumulator_value = initial_accumulator_value

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            with colocate_with(var.op):
                value = constant(
                    self._initial_accumulator_value,
                    shape=var.get_shape(),
                    dtype=var.dtype.base_dtype,
                )
            self._get_or_make_slot(var, value, "accumulator", self._name)

    def _ops(self) -> UpdateOps:
        return UpdateOps(
            APPLY_PROXIMAL_ADAGRAD,
            RESOURCE_APPLY_PROXIMAL_ADAGRAD,
            SPARSE_APPLY_PROXIMAL_ADAGRAD,
            RESOURCE_SPARSE_APPLY_PROXIMAL_ADAGRAD,
        )
