"""If, While, For, Gradient and calls of library functions.

Reference: TensorFlow 1.15, tensorflow/python/ops/functional_ops.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evergraph.core import dtypes
from evergraph.core.dtypes import as_dtype
from evergraph.functions.defun import Defun, get_extra_args
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import get_default_graph
from evergraph.ops import functional
from evergraph.ops.cast import cast
from evergraph.ops.math_functions import abs as absolute
from evergraph.registry.attrs import FunctionName


def If(
    cond: Any, inputs: Any, then_branch: Any, else_branch: Any, name: str | None = None
) -> list[Tensor]:
    """Run `then_branch` on `inputs` when `cond` is true, else `else_branch`.

    Args:
        cond: scalar: a bool, a number (true when it isn't 0) or text (true when it isn't empty);
            any other tensor is true when it has elements.
        inputs: the arguments.
        then_branch: function of the library (a Defun).
        else_branch: function with the same arguments and results.
        name: name of the operation; "If" when None.

    Returns:
        The results of the branch.
    """
    types = [as_dtype(arg.type) for arg in then_branch.definition.signature.output_arg]
    result: list[Tensor] = functional.IF(
        cond, inputs, Tout=types, then_branch=then_branch, else_branch=else_branch, name=name
    )
    return result


def Gradient(inputs: Any, f: Any, name: str | None = None) -> list[Tensor]:
    """The gradients of function `f`; see `symbolic_gradient`.

    Args:
        inputs: the arguments of `f`, then the gradients with respect to its results.
        f: function of the library (a Defun).
        name: name of the operation; "SymbolicGradient" when None.
    """
    types = [as_dtype(arg.type) for arg in f.definition.signature.input_arg]
    return functional.symbolic_gradient(inputs, Tout=types, f=f, name=name)


def _with_captures(func: Any) -> Any:
    """A loop body that hands the tensors `func` captures on from one iteration to the next."""

    @Defun(*func.declared_input_types, func_name=f"{func.name}_Wrapper")
    def Wrapper(*args: Tensor) -> tuple[Any, ...]:
        result = func(*args)
        extra = tuple(get_extra_args())
        if isinstance(result, Operation):
            return extra
        return (result if isinstance(result, tuple) else (result,)) + extra

    return Wrapper


def While(
    input_: Any, cond: Any, body: Any, name: str | None = None, hostmem: Any = None
) -> list[Tensor]:
    """Run `body` on its own results, `input_` at first, as long as `cond` of them is true.

    Args:
        input_: list of the first arguments.
        cond: function of the library that returns one tensor; see `If`.
        body: function with results like its arguments.
        name: name of the operation; "While" when None.
        hostmem: positions of arguments that stay in host memory; kept as an attr.

    Returns:
        The last results.

    Raises:
        ValueError: `cond` captures tensors, or takes other arguments than `body`.
    """
    if cond.captured_inputs:
        raise ValueError(
            "While op 'cond' argument must be a function without implicitly captured inputs."
        )
    if cond.declared_input_types != body.declared_input_types:
        raise ValueError(
            "While op 'cond' and 'body' signatures do not match. "
            f"{cond.declared_input_types!r} vs {body.declared_input_types!r}"
        )
    captured = body.captured_inputs
    used = cond, body
    if captured:
        count = len(body.declared_input_types)
        types = [*body.declared_input_types, *(t.dtype for t in captured)]

        @Defun(*types, func_name=f"{cond.name}_Wrapper")
        def CondWrapper(*args: Tensor) -> Any:
            return cond(*args[:count])

        used = CondWrapper, _with_captures(body)
    result: list[Tensor] = functional.WHILE(
        [*input_, *captured], cond=used[0], body=used[1], name=name
    )
    _keep_on_host(result, hostmem, 0)
    return result[: len(result) - len(captured)]


def _keep_on_host(results: Sequence[Tensor], positions: Any, offset: int) -> None:
    if positions:
        op = results[0].op
        op._set_attr("_input_hostmem", [offset + i for i in positions])
        op._set_attr("_output_hostmem", list(positions))


def _for_by_while(
    start: Any, limit: Any, delta: Any, inputs: Any, body: Any, name: str | None, hostmem: Any
) -> list[Tensor]:
    distance = absolute(delta)
    count = cast(
        cast(absolute(limit - start) + distance - 1, dtypes.float32)
        / cast(distance, dtypes.float32),
        dtypes.int32,
    )
    types = [dtypes.int32] * 4 + list(body.declared_input_types)[1:]

    @Defun(*types, func_name=f"{body.name}_Cond")
    def WhileCond(i: Tensor, n: Tensor, *args: Tensor) -> Any:
        return i < n

    @Defun(*types, func_name=f"{body.name}_Body")
    def WhileBody(
        i: Tensor, n: Tensor, start: Tensor, delta: Tensor, *args: Tensor
    ) -> tuple[Any, ...]:
        result = body(start + i * delta, *args)
        if isinstance(result, Operation):
            result = ()
        elif isinstance(result, Tensor):
            result = (result,)
        return (i + 1, n, start, delta, *result)

    return While(
        [0, count, start, delta, *inputs],
        WhileCond,
        WhileBody,
        name=name,
        hostmem=[0, 1, 2, 3, *(4 + i for i in hostmem or ())],
    )[4:]


def For(
    start: Any,
    limit: Any,
    delta: Any,
    inputs: Any,
    body: Any,
    name: str | None = None,
    hostmem: Any = None,
    rewrite_with_while: bool | None = None,
) -> list[Tensor]:
    """Run `body(i, *results)` for each i of range(start, limit, delta), on `inputs` at first.

    Args:
        start: int32 scalar.
        limit: int32 scalar.
        delta: int32 scalar, not 0 unless start is limit.
        inputs: list of the first arguments after i.
        body: function of the library with results like its arguments after i.
        name: name of the operation; "For" when None.
        hostmem: positions of arguments that stay in host memory; kept as an attr.
        rewrite_with_while: make a While operation.

    Returns:
        The last results.
    """
    if rewrite_with_while:
        return _for_by_while(start, limit, delta, inputs, body, name, hostmem)
    captured = body.captured_inputs
    used = _with_captures(body) if captured else body
    result: list[Tensor] = functional.FOR(
        start, limit, delta, [*inputs, *captured], body=used, name=name
    )
    _keep_on_host(result, hostmem, 3)
    return result[: len(result) - len(captured)]


def partitioned_call(
    args: Any,
    f: Any,
    tout: Any = None,
    executing_eagerly: Any = None,
    config: Any = None,
    executor_type: str | None = None,
) -> Any:
    """Call function `f` by a PartitionedCall operation, stateful when the function is.

    Args:
        args: its arguments, captured tensors included.
        f: function of the library (a Defun).
        tout: dtypes of the results; those of `f` when None.
        executing_eagerly: accepted for TensorFlow's sake.
        config: serialized ConfigProto; one that switches graph rewriting off when None.
        executor_type: kept as an attr.

    Returns:
        The list of results, or the operation when there are none.
    """
    if tout is None:
        tout = [arg.type for arg in f.definition.signature.output_arg]
    types = [as_dtype(t) for t in tout]
    op_def = functional.STATEFUL_PARTITIONED_CALL if f.stateful_ops else functional.PARTITIONED_CALL
    options: dict[str, Any] = {
        "config_proto": _no_rewriting() if config is None else config,
        "executor_type": executor_type or "",
    }
    if types:
        return op_def(args, Tout=types, f=f, **options)
    tensors = [convert_to_tensor(arg) for arg in args]
    graph = get_default_graph()
    f.add_to_graph(graph)
    attrs = {
        "Tin": [t.dtype for t in tensors],
        "Tout": [],
        "f": FunctionName(f.name),
        "config": b"",
        "config_proto": options["config_proto"],
        "executor_type": options["executor_type"].encode(),
    }
    return graph.create_op(
        op_def.name, tensors, [], name="PartitionedFunctionCall", attrs=attrs, op_def=op_def
    )


def _no_rewriting() -> bytes:
    """A ConfigProto that switches graph rewriting off."""
    from evergraph import protos

    config = protos.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    data: bytes = config.SerializeToString()
    return data
