"""The methods of resource variables that change them."""

from __future__ import annotations

from typing import Any, NoReturn

from evergraph.graph.composite import IndexedSlices
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.ops import resource, state_scatter


class ResourceUpdates:
    """Assignments to what `handle` leads to; part of every resource variable."""

    _shape: Any
    dtype: Any
    handle: Any
    _assign_dependencies: Any
    _lazy_read: Any

    def assign(
        self,
        value: Any,
        use_locking: bool | None = None,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Put `value` into the variable.

        Args:
            value: tensor of the variable's dtype and shape.
            use_locking: accepted; updates are always whole.
            name: name of the operation.
            read_value: give what reads the new value; else the operation.

        Raises:
            ValueError: the shapes differ.
        """
        tensor = convert_to_tensor(value, dtype=self.dtype)
        self._shape.assert_is_compatible_with(tensor.shape)
        op = resource.ASSIGN_VARIABLE_OP(self.handle, tensor, name=name)
        return self._lazy_read(op) if read_value else op

    def assign_add(
        self,
        delta: Any,
        use_locking: bool | None = None,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Add `delta` to the variable; see `assign`."""
        with self._assign_dependencies():
            tensor = convert_to_tensor(delta, dtype=self.dtype)
            op = resource.ASSIGN_ADD_VARIABLE_OP(self.handle, tensor, name=name)
        return self._lazy_read(op) if read_value else op

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool | None = None,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Subtract `delta` from the variable; see `assign`."""
        with self._assign_dependencies():
            tensor = convert_to_tensor(delta, dtype=self.dtype)
            op = resource.ASSIGN_SUB_VARIABLE_OP(self.handle, tensor, name=name)
        return self._lazy_read(op) if read_value else op

    def count_up_to(self, limit: int) -> Tensor:
        """The value, which is then one more; an error from `limit` on."""
        result: Tensor = resource.RESOURCE_COUNT_UP_TO(self.handle, limit=limit, T=self.dtype)
        return result

    def _scatter(self, op_def: Any, delta: Any, name: str | None) -> Any:
        if not isinstance(delta, IndexedSlices):
            raise TypeError(f"sparse_delta is not IndexedSlices: {delta}")
        values = convert_to_tensor(delta.values, self.dtype)
        return self._lazy_read(op_def(self.handle, delta.indices, values, name=name))

    def scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Set the rows that the IndexedSlices `sparse_delta` names."""
        return self._scatter(state_scatter.RESOURCE_SCATTER_UPDATE, sparse_delta, name)

    def scatter_add(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Add the IndexedSlices `sparse_delta`."""
        return self._scatter(state_scatter.RESOURCE_SCATTER_ADD, sparse_delta, name)

    def scatter_sub(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Subtract the IndexedSlices `sparse_delta`."""
        return self._scatter(state_scatter.RESOURCE_SCATTER_SUB, sparse_delta, name)

    def scatter_mul(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Multiply by the IndexedSlices `sparse_delta`."""
        return self._scatter(state_scatter.RESOURCE_SCATTER_MUL, sparse_delta, name)

    def scatter_div(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Divide by the IndexedSlices `sparse_delta`."""
        return self._scatter(state_scatter.RESOURCE_SCATTER_DIV, sparse_delta, name)

    def scatter_min(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Lower to the IndexedSlices `sparse_delta`."""
        return self._scatter(state_scatter.RESOURCE_SCATTER_MIN, sparse_delta, name)

    def scatter_max(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Raise to the IndexedSlices `sparse_delta`."""
        return self._scatter(state_scatter.RESOURCE_SCATTER_MAX, sparse_delta, name)

    def batch_scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Set rows within each batch; see `tf.batch_scatter_update`."""
        if not isinstance(sparse_delta, IndexedSlices):
            raise TypeError(f"sparse_delta is not IndexedSlices: {sparse_delta}")
        return self._lazy_read(
            state_scatter.batch_scatter_update(
                self, sparse_delta.indices, sparse_delta.values, use_locking=use_locking, name=name
            ).op
        )

    def _scatter_nd(self, op_def: Any, indices: Any, updates: Any, name: str | None) -> Any:
        updates = convert_to_tensor(updates, self.dtype)
        return self._lazy_read(op_def(self.handle, indices, updates, name=name))

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Set the parts that index vectors name; see `tf.scatter_nd_update`."""
        return self._scatter_nd(state_scatter.RESOURCE_SCATTER_ND_UPDATE, indices, updates, name)

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Add to the parts that index vectors name."""
        return self._scatter_nd(state_scatter.RESOURCE_SCATTER_ND_ADD, indices, updates, name)

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Subtract from the parts that index vectors name."""
        return self._scatter_nd(state_scatter.RESOURCE_SCATTER_ND_SUB, indices, updates, name)

    def _strided_slice_assign(
        self, begin: Any, end: Any, strides: Any, value: Any, name: str | None, **masks: int
    ) -> Any:
        from evergraph.ops.array_slice import RESOURCE_STRIDED_SLICE_ASSIGN

        with self._assign_dependencies():
            value = convert_to_tensor(value, dtype=self.dtype)
            return self._lazy_read(
                RESOURCE_STRIDED_SLICE_ASSIGN(
                    self.handle, begin, end, strides, value, name=name, **masks
                )
            )

    # `v += x` would make a tensor of a variable's name; it is refused.

    def __iadd__(self, other: Any) -> NoReturn:
        raise _refused("+=", "variable.assign_add(value)", "variable = variable + value")

    def __isub__(self, other: Any) -> NoReturn:
        raise _refused("-=", "variable.assign_sub(value)", "variable = variable - value")

    def __imul__(self, other: Any) -> NoReturn:
        raise _refused("*=", "`var.assign(var * value)`", "`var = var * value`")

    def __itruediv__(self, other: Any) -> NoReturn:
        raise _refused("/=", "`var.assign(var / value)`", "`var = var / value`")

    __idiv__ = __irealdiv__ = __itruediv__

    def __ipow__(self, other: Any) -> NoReturn:
        raise _refused("**=", "`var.assign(var ** value)`", "`var = var ** value`")


def _refused(operator: str, instead: str, plain: str) -> RuntimeError:
    return RuntimeError(
        f"Variable {operator} value not supported. Use {instead} to modify the variable"
        f"{' value' if '`' not in instead else ''} and {plain} to get a new Tensor object."
    )
