"""Adam."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from evergraph.graph.operation import Operation
from evergraph.graph.scopes import colocate_with, control_dependencies, get_default_graph
from evergraph.ops.cast import cast
from evergraph.ops.grouping import group
from evergraph.ops.math_functions import sqrt
from evergraph.ops.state import assign, assign_sub
from evergraph.ops.state_scatter import RESOURCE_SCATTER_ADD, scatter_add
from evergraph.ops.training import APPLY_ADAM, RESOURCE_APPLY_ADAM
from evergraph.training.slot_optimizer import SlotOptimizer, UpdateOps


class AdamOptimizer(SlotOptimizer):
    """Adam (Kingma and Ba, 2014).

    m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
    w -= learning_rate sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + epsilon).

    Epsilon is the "epsilon hat" of the paper (before section 2.1). A sparse
    gradient decays m and v of all rows and moves all rows, as in TensorFlow.

    Args:
        learning_rate: float, scalar tensor, or a function that returns one.
        beta1: decay of the first moment.
        beta2: decay of the second moment.
        epsilon: added to the root of the second moment.
        use_locking: accepted; updates never interleave.
        name: name scope of the updates and prefix of the slots.

    Slots: "m", "v"; besides them the variables `beta1_power` and `beta2_power`.
    Reference: TensorFlow 1.15, tensorflow/python/training/adam.py.
    """

    slot_inputs: ClassVar[dict[str, str]] = {"m": "m", "v": "v"}
    scalar_inputs: ClassVar[dict[str, str]] = {
        "lr": "learning_rate",
        "beta1": "beta1",
        "beta2": "beta2",
        "epsilon": "epsilon",
    }

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adam",
    ) -> None:
        super().__init__(
            use_locking,
            name,
            learning_rate=learning_rate,
            beta1=beta1,
            beta2=beta2,
            epsilon=epsilon,
        )

    def _get_beta_accumulators(self) -> tuple[Any, Any]:
        graph = get_default_graph()
        return (
            self._get_non_slot_variable("beta1_power", graph),
            self._get_non_slot_variable("beta2_power", graph),
        )

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        first = min(var_list, key=lambda v: str(v.name))
        for power, beta in (("beta1_power", "beta1"), ("beta2_power", "beta2")):
            self._create_non_slot_variable(self._hyper[beta], power, colocate_with=first)
        self._zeros_slots(var_list, "m", "v")

    def _ops(self) -> UpdateOps:
        return UpdateOps(APPLY_ADAM, RESOURCE_APPLY_ADAM)

    def _scalar(self, name: str, dtype: Any) -> Any:
        if name in ("beta1_power", "beta2_power"):
            return cast(self._get_beta_accumulators()[name == "beta2_power"], dtype)
        return super()._scalar(name, dtype)

    def _apply_sparse(self, grad: Any, var: Any) -> Operation:
        def add(table: Any, indices: Any, rows: Any) -> Any:
            return scatter_add(table, indices, rows, use_locking=self._use_locking)

        return self._apply_rows(grad.values, var, grad.indices, add)

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Operation:
        def add(table: Any, indices: Any, rows: Any) -> Any:
            with control_dependencies([RESOURCE_SCATTER_ADD(table.handle, indices, rows)]):
                return table.value()

        return self._apply_rows(grad, handle, indices, add)

    def _apply_rows(
        self, rows: Any, var: Any, indices: Any, add: Callable[[Any, Any, Any], Any]
    ) -> Operation:
        dtype = var.dtype.base_dtype
        names = ("beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon")
        beta1_power, beta2_power, lr, beta1, beta2, epsilon = (
            self._scalar(n, dtype) for n in names
        )
        rate = lr * sqrt(1 - beta2_power) / (1 - beta1_power)
        m = self.get_slot(var, "m")
        first = rows * (1 - beta1)
        m_next = assign(m, m * beta1, use_locking=self._use_locking)
        with control_dependencies([m_next]):
            m_next = add(m, indices, first)
        v = self.get_slot(var, "v")
        second = (rows * rows) * (1 - beta2)
        v_next = assign(v, v * beta2, use_locking=self._use_locking)
        with control_dependencies([v_next]):
            v_next = add(v, indices, second)
        root = sqrt(v_next)
        update = assign_sub(var, rate * m_next / (root + epsilon), use_locking=self._use_locking)
        return group(update, m_next, v_next)

    def _finish(self, update_ops: Sequence[Any], name_scope: str) -> Operation:
        with control_dependencies(update_ops):
            beta1_power, beta2_power = self._get_beta_accumulators()
            with colocate_with(beta1_power.op):
                advances = [
                    power.assign(power * self._tensors[beta], use_locking=self._use_locking)
                    for power, beta in ((beta1_power, "beta1"), (beta2_power, "beta2"))
                ]
        return group(*update_ops, *advances, name=name_scope)
