"""Gradient descent."""

from __future__ import annotations

from typing import Any, ClassVar

from evergraph.graph.composite import IndexedSlices
from evergraph.ops.cast import cast
from evergraph.ops.state_scatter import RESOURCE_SCATTER_ADD
from evergraph.ops.training import APPLY_GRADIENT_DESCENT, RESOURCE_APPLY_GRADIENT_DESCENT
from evergraph.training.slot_optimizer import SlotOptimizer, UpdateOps


class GradientDescentOptimizer(SlotOptimizer):
    """w -= learning_rate g.

    Args:
        learning_rate: float, scalar tensor, or a function that returns one.
        use_locking: accepted; updates never interleave.
        name: name scope of the updates.

    Reference: TensorFlow 1.15, tensorflow/python/training/gradient_descent.py.
    """

    scalar_inputs: ClassVar[dict[str, str]] = {"alpha": "learning_rate"}

    def __init__(
        self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"
    ) -> None:
        super().__init__(use_locking, name, learning_rate=learning_rate)

    def _ops(self) -> UpdateOps:
        return UpdateOps(APPLY_GRADIENT_DESCENT, RESOURCE_APPLY_GRADIENT_DESCENT)

    def _apply_sparse_duplicate_indices(self, grad: Any, var: Any) -> Any:
        # Subtraction takes repeated rows as they are, so that no sum is needed first.
        rate = cast(self._tensors["learning_rate"], var.dtype.base_dtype)
        delta = IndexedSlices(grad.values * rate, grad.indices, grad.dense_shape)
        return var.scatter_sub(delta, use_locking=self._use_locking)

    def _resource_apply_sparse_duplicate_indices(self, grad: Any, handle: Any, indices: Any) -> Any:
        return RESOURCE_SCATTER_ADD(handle.handle, indices, -grad * self._hyper["learning_rate"])
