"""Adagrad."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from evergraph.ops.array_shape import shape
from evergraph.ops.cast import cast
from evergraph.ops.fills import fill
from evergraph.ops.training import (
    APPLY_ADAGRAD,
    RESOURCE_APPLY_ADAGRAD,
    RESOURCE_SPARSE_APPLY_ADAGRAD,
    SPARSE_APPLY_ADAGRAD,
)
from evergraph.training.slot_optimizer import SlotOptimizer, UpdateOps
from evergraph.variables.initializers import constant_initializer


class AdagradOptimizer(SlotOptimizer):
    """a += g^2; w -= learning_rate g / sqrt(a) (Duchi, Hazan and Singer, 2011).

    Args:
        learning_rate: float, scalar tensor, or a function that returns one.
        initial_accumulator_value: first value of a; positive, it stands in for an epsilon.
        use_locking: accepted; updates never interleave.
        name: name scope of the updates and prefix of the slots.

    Raises:
        ValueError: `initial_accumulator_value` isn't positive.

    Slots: "accumulator" (a).
    Reference: TensorFlow 1.15, tensorflow/python/training/adagrad.py.
    """

    slot_inputs: ClassVar[dict[str, str]] = {"accum": "accumulator"}
    scalar_inputs: ClassVar[dict[str, str]] = {"lr": "learning_rate"}

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        use_locking: bool = False,
        name: str = "Adagrad",
    ) -> None:
        if initial_accumulator_value <= 0.0:
            raise ValueError(
                f"initial_accumulator_value must be positive: {initial_accumulator_value}"
            )
        super().__init__(use_locking, name, learning_rate=learning_rate)
        self._initial_accumulator_value = initial_accumulator_value

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            dtype = var.dtype.base_dtype
            initializer: Any = constant_initializer(self._initial_accumulator_value, dtype=dtype)
            if not var.get_shape().is_fully_defined():
                initializer = self._initializer_of_unknown_shape(var, dtype)
            self._get_or_make_slot_with_initializer(
                var, initializer, var.get_shape(), dtype, "accumulator", self._name
            )

    def _initializer_of_unknown_shape(self, var: Any, dtype: Any) -> Callable[[], Any]:
        return lambda: cast(fill(shape(var), self._initial_accumulator_value), dtype)

    def _ops(self) -> UpdateOps:
        return UpdateOps(
            APPLY_ADAGRAD,
            RESOURCE_APPLY_ADAGRAD,
            SPARSE_APPLY_ADAGRAD,
            RESOURCE_SPARSE_APPLY_ADAGRAD,
        )
