"""tf.cond and tf.case.

Reference: TensorFlow 1.15, tensorflow/python/ops/control_flow_ops.py.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from evergraph.core import dtypes, nest
from evergraph.graph.composite import IndexedSlices
from evergraph.graph.keys import GraphKeys
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import add_to_collection, control_dependencies, name_scope
from evergraph.ops.array_join import stack
from evergraph.ops.constants import constant
from evergraph.ops.control_contexts import CondContext, with_flows
from evergraph.ops.control_flow import merge_branches, switch
from evergraph.ops.identity import identity


def cond(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    strict: bool = False,
    name: str | None = None,
    fn1: Callable[[], Any] | None = None,
    fn2: Callable[[], Any] | None = None,
) -> Any:
    """Compute `true_fn()` when `pred` is true, else `false_fn()`.

    Only operations made inside the functions depend on the branch; what they take from outside is
    computed either way.

    Args:
        pred: bool scalar tensor.
        true_fn: returns tensors, or nested structures of them.
        false_fn: returns the same structure, of the same dtypes.
        strict: keep lists and tuples of one element.
        name: name scope; "cond" when None.
        fn1: old name of `true_fn`.
        fn2: old name of `false_fn`.

    Returns:
        The structure that the functions return.

    Raises:
        TypeError: a function is missing or not callable, `pred` is a Python bool, or the structures
            differ.
        ValueError: nothing is returned, or dtypes differ.
    """
    true_fn = _one_of("true_fn", true_fn, "fn1", fn1)
    false_fn = _one_of("false_fn", false_fn, "fn2", fn2)
    with name_scope(name, "cond", [pred]):
        if isinstance(pred, bool):
            raise TypeError("pred must not be a Python bool")
        p_false, p_true = switch(pred, pred)
        pivot_true = identity(p_true, name="switch_t")
        pivot_false = identity(p_false, name="switch_f")
        pred = identity(pred, name="pred_id")
        for tensor in (p_true, p_false, pivot_true, pivot_false, pred):
            tensor.op.graph.prevent_fetching(tensor.op)
        on_true, original_true, result_true = _branch(pred, pivot_true, 1, true_fn, "true_fn")
        on_false, original_false, result_false = _branch(pred, pivot_false, 0, false_fn, "false_fn")
        if not strict:
            original_true = _unpack_single(original_true)
            original_false = _unpack_single(original_false)
        nest.assert_same_structure(original_true, original_false, expand_composites=True)
        for sides in ((original_true, original_false), (result_true, result_false)):
            for one, other in zip(*map(nest.flatten, sides), strict=True):
                _give_indices_one_dtype(one, other)
        if not result_true:
            raise ValueError("true_fn and false_fn must return at least one result.")
        merges = _merge_results(result_true, result_false)
        if on_true.outer_context is None:
            add_to_collection(GraphKeys.COND_CONTEXT, on_true)
            add_to_collection(GraphKeys.COND_CONTEXT, on_false)
        leaves = nest.flatten(original_true, expand_composites=True)
        answer = nest.pack_sequence_as(
            original_true, with_flows(leaves, merges), expand_composites=True
        )
        return answer if strict else _unpack_single(answer)


def _one_of(name: str, value: Any, old_name: str, old_value: Any) -> Callable[[], Any]:
    if old_value is not None:
        if value is not None:
            raise TypeError(f"cond(): {name} and {old_name} may not be set simultaneously.")
        value = old_value
    elif value is None:
        raise TypeError(f"cond(): {name} argument required")
    if not callable(value):
        raise TypeError(f"{name} must be callable.")
    function: Callable[[], Any] = value
    return function


def _branch(
    pred: Tensor, pivot: Tensor, branch: int, function: Callable[[], Any], what: str
) -> tuple[CondContext, Any, Any]:
    context = CondContext(pred, pivot, branch)
    context.Enter()
    try:
        original, result = context.build_branch(function)
        if original is None:
            raise ValueError(f"{what} must have a return value.")
        context.ExitResult(result)
    finally:
        context.Exit()
    return context, original, result


def _unpack_single(value: Any) -> Any:
    return value[0] if isinstance(value, list | tuple) and len(value) == 1 else value


def _give_indices_one_dtype(a: Any, b: Any) -> None:
    """Let IndexedSlices of both branches have int64 indices where one has int32 and one int64."""
    from evergraph.ops.cast import cast

    are_slices = isinstance(a, IndexedSlices) and isinstance(b, IndexedSlices)
    if are_slices and a.indices.dtype != b.indices.dtype:
        a._indices = cast(a.indices, dtypes.int64)
        b._indices = cast(b.indices, dtypes.int64)


def _merge_results(result_true: Any, result_false: Any) -> list[Tensor]:
    true_flat = nest.flatten(result_true, expand_composites=True)
    false_flat = nest.flatten(result_false, expand_composites=True)
    for x, y in zip(true_flat, false_flat, strict=True):
        if x.dtype.base_dtype != y.dtype.base_dtype:
            raise ValueError(
                "Outputs of true_fn and false_fn must have the same type: "
                f"{x.dtype.name}, {y.dtype.name}"
            )
    return [merge_branches(list(pair))[0] for pair in zip(false_flat, true_flat, strict=True)]


def case(
    pred_fn_pairs: Any,
    default: Callable[[], Any] | None = None,
    exclusive: bool = False,
    strict: bool = False,
    name: str = "case",
) -> Any:
    """Compute the function of the first predicate that is true, else `default()`.

    Args:
        pred_fn_pairs: dict or list of pairs (bool scalar tensor, function without arguments).
        default: function for when none is true; without one that is an error of the run.
        exclusive: fail the run when more than one predicate is true.
        strict: keep lists and tuples of one element.
        name: name scope.

    Returns:
        The structure that the functions return.

    Raises:
        TypeError: wrong kinds of arguments.
    """
    predicates, actions = _pairs(pred_fn_pairs)
    if default is not None and not callable(default):
        raise TypeError("false_fn must be callable.")
    with name_scope(name, "case", [predicates]):
        function = default
        if function is None:
            function, predicates, actions = _default_action(predicates, actions)
        for pred, action in reversed(list(zip(predicates, actions, strict=True))):
            function = functools.partial(
                cond, pred, true_fn=action, false_fn=function, strict=strict
            )
        if exclusive:
            check = _at_most_true(predicates, 1, "Input error: exclusive=True")
            with control_dependencies([check]):
                return function()
        return function()


def _pairs(pred_fn_pairs: Any) -> tuple[Sequence[Tensor], Sequence[Callable[[], Any]]]:
    if not isinstance(pred_fn_pairs, list | tuple | dict):
        raise TypeError("fns must be a list, tuple, or dict")
    if isinstance(pred_fn_pairs, OrderedDict):
        pred_fn_pairs = list(pred_fn_pairs.items())
    elif isinstance(pred_fn_pairs, dict):
        pred_fn_pairs = sorted(pred_fn_pairs.items(), key=lambda item: str(item[0].name))
    for pair in pred_fn_pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError("Each entry in pred_fn_pairs must be a 2-tuple")
        pred, function = pair
        if not isinstance(pred, Tensor):
            raise TypeError(f"pred must be a Tensor, got: {pred}")
        if pred.dtype != dtypes.bool:
            raise TypeError(f"pred must be Tensor of type bool: {pred.name}")
        if not callable(function):
            raise TypeError(f"fn for pred {pred.name} must be callable.")
    predicates, actions = zip(*pred_fn_pairs, strict=True)
    return predicates, actions


def _default_action(predicates: Any, actions: Any) -> tuple[Any, Any, Any]:
    """The last action as the default, guarded by checks that its predicate alone holds."""
    from evergraph.ops.assertions import Assert

    last = len(predicates) - 1
    predicate, action = predicates[last], actions[last]
    others, other_actions = predicates[:last], actions[:last]

    def guarded() -> Any:
        others_message = (
            f"Implementation error: selected default action #{last} was called, but some of other "
            "predicates are True: "
        )
        data = (
            "Input error: None of conditions evaluated as True:",
            stack(predicates, name="preds_c"),
        )
        checks = [_at_most_true(others, 0, others_message), Assert(predicate, data=data)]
        with control_dependencies(checks):
            return action()

    return guarded, others, other_actions


def _at_most_true(predicates: Any, count: int, message: str) -> Any:
    """An Assert that at most `count` of `predicates` are true."""
    from evergraph.ops.assertions import Assert
    from evergraph.ops.cast import cast
    from evergraph.ops.math_comparison import less_equal
    from evergraph.ops.math_reduction import reduce_sum

    stacked = stack(predicates, name="preds_c")
    total = reduce_sum(cast(stacked, dtypes.int32), name="num_true_conds")
    condition = less_equal(total, constant(count, name="n_true_conds"))
    names = ", ".join(getattr(p, "name", "?") for p in predicates)
    text = f"{message}: more than {count} conditions ({names}) evaluated as True:"
    return Assert(condition, data=[text, stacked], summarize=len(predicates))
