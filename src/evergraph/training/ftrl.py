"""FTRL-Proximal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from evergraph.graph.scopes import colocate_with
from evergraph.ops.constants import constant
from evergraph.ops.training import (
    APPLY_FTRL,
    APPLY_FTRL_V2,
    RESOURCE_APPLY_FTRL,
    RESOURCE_APPLY_FTRL_V2,
    RESOURCE_SPARSE_APPLY_FTRL,
    RESOURCE_SPARSE_APPLY_FTRL_V2,
    SPARSE_APPLY_FTRL,
    SPARSE_APPLY_FTRL_V2,
)
from evergraph.training.slot_optimizer import SlotOptimizer, UpdateOps

_PLAIN = UpdateOps(APPLY_FTRL, RESOURCE_APPLY_FTRL, SPARSE_APPLY_FTRL, RESOURCE_SPARSE_APPLY_FTRL)
_SHRINKING = UpdateOps(
    APPLY_FTRL_V2, RESOURCE_APPLY_FTRL_V2, SPARSE_APPLY_FTRL_V2, RESOURCE_SPARSE_APPLY_FTRL_V2
)


class FtrlOptimizer(SlotOptimizer):
    """Follow the regularised leader (McMahan et al., 2013).

    n' = n + g^2; z += g - (n'^p - n^p) / lr w with p = -learning_rate_power;
    w = (l1 sign(z) - z) / (n'^p / lr + 2 l2) where |z| > l1, else 0.

    Args:
        learning_rate: float or scalar tensor.
        learning_rate_power: not positive; -0.5 makes the rate fall with the root of n.
        initial_accumulator_value: first value of n, not negative.
        l1_regularization_strength: l1, not negative.
        l2_regularization_strength: l2, not negative.
        use_locking: accepted; updates never interleave.
        name: name scope of the updates and prefix of the slots.
        accum_name: name of slot n; `name` when None.
        linear_name: name of slot z; `name` when None.
        l2_shrinkage_regularization_strength: weight of w in g, not negative.

    Raises:
        ValueError: an argument has the wrong sign.

    Slots: "accum" (n), "linear" (z).
    Reference: TensorFlow 1.15, tensorflow/python/training/ftrl.py.
    """

    slot_inputs: ClassVar[dict[str, str]] = {"accum": "accum", "linear": "linear"}
    scalar_inputs: ClassVar[dict[str, str]] = {
        "lr": "learning_rate",
        "l1": "l1_regularization_strength",
        "l2": "l2_regularization_strength",
        "l2_shrinkage": "l2_shrinkage_regularization_strength",
        "lr_power": "learning_rate_power",
    }

    def __init__(
        self,
        learning_rate: Any,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "Ftrl",
        accum_name: str | None = None,
        linear_name: str | None = None,
        l2_shrinkage_regularization_strength: float = 0.0,
    ) -> None:
        super().__init__(
            use_locking,
            name,
            learning_rate=learning_rate,
            l1_regularization_strength=l1_regularization_strength,
            l2_regularization_strength=l2_regularization_strength,
            l2_shrinkage_regularization_strength=l2_shrinkage_regularization_strength,
            learning_rate_power=learning_rate_power,
        )
        if learning_rate_power > 0.0:
            raise ValueError(
                f"learning_rate_power {learning_rate_power:f} needs to be negative or zero"
            )
        for key, value in (
            ("initial_accumulator_value", initial_accumulator_value),
            ("l1_regularization_strength", l1_regularization_strength),
            ("l2_regularization_strength", l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength),
        ):
            if value < 0.0:
                raise ValueError(f"{key} {value:f} needs to be positive or zero")
        self._initial_accumulator_value = initial_accumulator_value
        self._shrinks = l2_shrinkage_regularization_strength > 0.0
        self._accum_name = accum_name
        self._linear_name = linear_name

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            with colocate_with(var.op):
                value = constant(
                    self._initial_accumulator_value,
                    dtype=var.dtype.base_dtype,
                    shape=var.get_shape(),
                )
                self._get_or_make_slot(var, value, "accum", self._accum_name or self._name)
                self._zeros_slot(var, "linear", self._linear_name or self._name)

    def _ops(self) -> UpdateOps:
        return _SHRINKING if self._shrinks else _PLAIN
