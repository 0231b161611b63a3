"""SlotOptimizer: an optimizer whose whole step is one update op for each variable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation
from evergraph.ops.cast import cast
from evergraph.registry.op_def import OpDef
from evergraph.training.optimizer import Optimizer


class UpdateOps(NamedTuple):
    """The ops that take the step: for ref and resource variables, whole or by rows."""

    dense: OpDef | None
    resource_dense: OpDef
    sparse: OpDef | None = None
    resource_sparse: OpDef | None = None


class SlotOptimizer(Optimizer):
    """Base of optimizers that hand slots and hyperparameters to one update op.

    Class attributes:
        slot_inputs: the op's state inputs after `var` -> the slots' names.
        scalar_inputs: the op's scalar inputs -> names of hyperparameters, in the order in which
            `_prepare` makes their tensors.
        tensor_names: hyperparameter -> name of its tensor, where it differs.

    An instance has `_hyper`, the hyperparameters' values by name.
    """

    slot_inputs: ClassVar[dict[str, str]] = {}
    scalar_inputs: ClassVar[dict[str, str]] = {}
    tensor_names: ClassVar[dict[str, str]] = {}
    # Whether scalars are cast to the variable's dtype; the proximal optimizers hand theirs on as
    # they are, except to rows of resource variables.
    casts_scalars: ClassVar[bool] = True

    def __init__(self, use_locking: bool, name: str, **hyper: Any) -> None:
        super().__init__(use_locking, name)
        self._hyper = hyper
        self._tensors: dict[str, Any] = {}

    def _ops(self) -> UpdateOps:
        """The update ops of this optimizer with its options."""
        raise NotImplementedError

    def _op_attrs(self) -> dict[str, Any]:
        """Attrs of the update ops besides `use_locking`."""
        return {}

    def _prepare(self) -> None:
        self._tensors = {
            key: convert_to_tensor(
                self._call_if_callable(value), name=self.tensor_names.get(key, key)
            )
            for key, value in self._hyper.items()
        }

    def _scalar(self, name: str, dtype: Any) -> Any:
        """The value of scalar input `name`, of `dtype` unless that is None."""
        tensor = self._tensors[self.scalar_inputs[name]]
        return tensor if dtype is None else cast(tensor, dtype)

    def _step(
        self, op_def: OpDef | None, var: Any, grad: Any, indices: Any, dtype: Any, by_handle: bool
    ) -> Operation:
        if op_def is None:
            raise NotImplementedError(f"{type(self).__name__} has no such update")
        args: list[Any] = []
        for arg in op_def.inputs:
            if arg.name == "var":
                args.append(var.handle if by_handle else var)
            elif arg.name in self.slot_inputs:
                slot = self.get_slot(var, self.slot_inputs[arg.name])
                args.append(slot.handle if by_handle else slot)
            elif arg.name in ("grad", "delta"):
                args.append(grad)
            elif arg.name == "indices":
                args.append(indices)
            else:
                args.append(self._scalar(arg.name, dtype))
        result = op_def(*args, use_locking=self._use_locking, **self._op_attrs())
        return result if isinstance(result, Operation) else result.op

    def _apply_dense(self, grad: Any, var: Any) -> Operation:
        dtype = var.dtype.base_dtype if self.casts_scalars else None
        return self._step(self._ops().dense, var, grad, None, dtype, False)

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Operation:
        dtype = grad.dtype.base_dtype if self.casts_scalars else None
        return self._step(self._ops().resource_dense, handle, grad, None, dtype, True)

    def _apply_sparse(self, grad: Any, var: Any) -> Operation:
        dtype = var.dtype.base_dtype if self.casts_scalars else None
        return self._step(self._ops().sparse, var, grad.values, grad.indices, dtype, False)

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Operation:
        return self._step(self._ops().resource_sparse, handle, grad, indices, grad.dtype, True)

    def _zeros_slots(self, var_list: Sequence[Any], *names: str) -> None:
        for var in var_list:
            for name in names:
                self._zeros_slot(var, name, self._name)
