"""Adagrad dual averaging."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.scopes import colocate_with, device
from evergraph.ops.cast import cast
from evergraph.ops.constants import constant
from evergraph.ops.identity import identity
from evergraph.ops.training import (
    APPLY_ADAGRAD_DA,
    RESOURCE_APPLY_ADAGRAD_DA,
    RESOURCE_SPARSE_APPLY_ADAGRAD_DA,
    SPARSE_APPLY_ADAGRAD_DA,
)
from evergraph.training.slot_optimizer import SlotOptimizer, UpdateOps


class AdagradDAOptimizer(SlotOptimizer):
    """a += g; s += g^2; w = -lr shrink(a, l1 step) / (l2 step lr + sqrt(s)).

    Keeps sparse linear models sparse: rows catch up on regularisation when they are next seen.

    Args:
        learning_rate: float or scalar tensor.
        global_step: int64 variable that counts steps.
        initial_gradient_squared_accumulator_value: first value of s; positive.
        l1_regularization_strength: l1, not negative.
        l2_regularization_strength: l2, not negative.
        use_locking: accepted; updates never interleave.
        name: name scope of the updates and prefix of the slots.

    Raises:
        ValueError: the first value of s isn't positive.

    Slots: "gradient_accumulator" (a), "gradient_squared_accumulator" (s).
    Reference: TensorFlow 1.15, tensorflow/python/training/adagrad_da.py.
    """

    slot_inputs: ClassVar[dict[str, str]] = {
        "gradient_accumulator": "gradient_accumulator",
        "gradient_squared_accumulator": "gradient_squared_accumulator",
    }

    def __init__(
        self,
        learning_rate: Any,
        global_step: Any,
        initial_gradient_squared_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "AdagradDA",
    ) -> None:
        if initial_gradient_squared_accumulator_value <= 0.0:
            raise ValueError(
                "initial_gradient_squared_accumulator_value must be positive: "
                f"{initial_gradient_squared_accumulator_value}"
            )
        super().__init__(use_locking, name, learning_rate=learning_rate)
        self._initial_square = initial_gradient_squared_accumulator_value
        self._l1 = l1_regularization_strength
        self._l2 = l2_regularization_strength
        self._global_step = global_step
        self._next_step: Any = None
        self._step_of_update: Any = None

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            shape, dtype = var.get_shape(), var.dtype.base_dtype
            with colocate_with(var.op):
                zero = constant(0.0, shape=shape, dtype=dtype)
                square = constant(self._initial_square, shape=shape, dtype=dtype)
            self._get_or_make_slot(var, zero, "gradient_accumulator", self._name)
            self._get_or_make_slot(var, square, "gradient_squared_accumulator", self._name)

    def _prepare(self) -> None:
        rate = convert_to_tensor(self._hyper["learning_rate"], name="learning_rate")
        self._tensors = {"learning_rate": rate}
        with colocate_with(rate.op):
            self._next_step = identity(self._global_step) + 1

    def _step(self, op_def: Any, var: Any, *rest: Any) -> Any:
        with device(var.device):
            self._step_of_update = identity(self._next_step)
        return super()._step(op_def, var, *rest)

    def _scalar(self, name: str, dtype: Any) -> Any:
        if name == "global_step":
            return self._step_of_update
        values = {"lr": self._tensors["learning_rate"], "l1": self._l1, "l2": self._l2}
        return cast(values[name], dtype)

    def _ops(self) -> UpdateOps:
        return UpdateOps(
            APPLY_ADAGRAD_DA,
            RESOURCE_APPLY_ADAGRAD_DA,
            SPARSE_APPLY_ADAGRAD_DA,
            RESOURCE_SPARSE_APPLY_ADAGRAD_DA,
        )
