"""Conditions on shapes that a program demands: `tf.assert_rank`, `tf.debugging.assert_shapes`.

Reference: TensorFlow 1.15, tensorflow/python/ops/check_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from evergraph.core import dtypes
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import control_dependencies, name_scope
from evergraph.ops.array_shape import rank as rank_of
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.assertions import Assert
from evergraph.ops.checks import assert_type
from evergraph.ops.cond import cond
from evergraph.ops.constants import constant_v2, constant_value
from evergraph.ops.grouping import group, with_dependencies
from evergraph.ops.identity import no_op
from evergraph.ops.math_comparison import equal, greater_equal, logical_or


class _WrongRank(Exception):
    """The static rank is none of the wanted ones."""


def _check_ranks(
    x: Tensor,
    ranks: Sequence[Tensor],
    is_right: Callable[[int, list[int]], bool],
    condition_of: Callable[[Tensor], Tensor],
    data: list[Any],
    summarize: int | None,
) -> Operation:
    """The operation that checks the rank of `x`; nothing is left to do when it is known."""
    for rank in ranks:
        assert_type(rank, dtypes.int32)
    known = [constant_value(rank) for rank in ranks]
    if all(value is not None for value in known):
        if any(value.ndim != 0 for value in known):
            raise ValueError("Rank must be a scalar.")
        rank_of_x = x.get_shape().ndims
        if rank_of_x is not None:
            if not is_right(rank_of_x, [int(value) for value in known]):
                raise _WrongRank
            return no_op(name="static_checks_determined_all_ok")
    condition = condition_of(rank_of(x))
    for rank, value in zip(ranks, known, strict=True):
        if value is None:
            check = assert_rank(rank, 0, data=["Rank must be a scalar. Received rank: ", rank])
            condition = with_dependencies([check], condition)
    return Assert(condition, data, summarize=summarize)


def _assert_one(
    x: Any,
    rank: Any,
    words: str,
    compare: tuple[Callable[[int, int], bool], Callable[..., Tensor]],
    data: Any,
    summarize: int | None,
    message: str | None,
) -> Operation:
    x = convert_to_tensor(x, name="x")
    rank = convert_to_tensor(rank, name="rank")
    message = message or ""
    if data is None:
        first = f"Tensor {x.name} must have {words}"
        data = [message, first, rank, "Received shape: ", shape_of(x)]
    decide, operation = compare
    try:
        return _check_ranks(
            x,
            [rank],
            lambda found, wanted: decide(found, wanted[0]),
            lambda found: operation(found, rank),
            data,
            summarize,
        )
    except _WrongRank:
        raise ValueError(
            f"{message}.  Tensor {x.name} must have {words} {int(constant_value(rank))}.  "
            f"Received rank {x.get_shape().ndims}, shape {x.get_shape()}"
        ) from None


def assert_rank(
    x: Any,
    rank: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Demand that `x` has `rank` dimensions.

    Args:
        x: any tensor.
        rank: int32 scalar.
        data: list of tensors that the error shows; the rank and the shape when None.
        summarize: how many elements of each; 3 when None.
        message: text before the error's own.
        name: name of the operations; "assert_rank" when None.

    Returns:
        An operation; what must not run when the condition fails depends on it.

    Raises:
        ValueError: the static rank is another.

    Reference: TensorFlow 1.15, tensorflow/python/ops/check_ops.py.
    """
    with name_scope(name, "assert_rank", (x, rank, *(data or []))):
        compare = (lambda found, wanted: found == wanted, equal)
        return _assert_one(x, rank, "rank", compare, data, summarize, message)


def assert_rank_at_least(
    x: Any,
    rank: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Demand that `x` has `rank` dimensions or more; the arguments are those of `assert_rank`."""
    with name_scope(name, "assert_rank_at_least", (x, rank, *(data or []))):
        compare = (lambda found, wanted: found >= wanted, greater_equal)
        return _assert_one(x, rank, "rank at least", compare, data, summarize, message)


def assert_rank_in(
    x: Any,
    ranks: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Demand that the rank of `x` is one of `ranks`; the others are those of `assert_rank`."""
    with name_scope(name, "assert_rank_in", (x, *ranks, *(data or []))):
        x = convert_to_tensor(x, name="x")
        wanted = tuple(convert_to_tensor(rank, name="rank") for rank in ranks)
        message = message or ""
        if data is None:
            first = f"Tensor {x.name} must have rank in"
            data = [message, first, *wanted, "Received shape: ", shape_of(x)]

        def condition(found: Tensor) -> Tensor:
            if not wanted:
                return convert_to_tensor(False)
            result = equal(wanted[0], found)
            for rank in wanted[1:]:
                result = logical_or(result, equal(rank, found))
            return result

        try:
            return _check_ranks(
                x, wanted, lambda found, known: found in known, condition, data, summarize
            )
        except _WrongRank:
            known = tuple(constant_value(rank) for rank in wanted)
            raise ValueError(
                f"{message}.  Tensor {x.name} must have rank in {known}.  Received rank "
                f"{x.get_shape().ndims}, shape {x.get_shape()}"
            ) from None


def assert_scalar(tensor: Any, name: str | None = None, message: str | None = None) -> Tensor:
    """`tensor`; raises ValueError unless it is known to be a scalar."""
    with name_scope(name, "assert_scalar", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name=scope)
        shape = tensor.get_shape()
        if shape.ndims != 0:
            raise ValueError(
                f"{message or ''}Expected scalar shape for {tensor.name}, saw shape: {shape}."
            )
        result: Tensor = tensor
        return result


class _Sizes(NamedTuple):
    """A tensor, whether leading dimensions are free, its sizes, and the symbols for them."""

    x: Tensor
    is_open: bool
    actual: Any
    symbols: tuple[Any, ...]


def _actual_sizes(x: Tensor) -> Any:
    """The sizes of `x`, as numbers where they are known; a scalar counts as a vector of one."""
    dynamic: Any = shape_of(x)
    known = x.get_shape()
    if known.ndims == 0:
        return (1,)
    if known.ndims is not None:
        return [dynamic[i] if n is None else int(n) for i, n in enumerate(known.as_list())]
    is_scalar = equal(rank_of(x), 0)
    return cond(is_scalar, lambda: constant_v2([1]), lambda: dynamic)


def _is_known(size: Any) -> bool:
    try:
        int(size)
    except (ValueError, TypeError):
        return False
    return True


def _read_symbols(x: Tensor, symbols: Any, message: str) -> _Sizes:
    if not (hasattr(symbols, "__iter__") or hasattr(symbols, "__getitem__")):
        raise ValueError(
            f"{message}.  Tensor {x.name}.  Specified shape must be an iterable.  An iterable has "
            "the attribute `__iter__` or `__getitem__`.  Received specified shape: "
            f"{symbols}"
        )
    items = tuple(symbols)
    for i, symbol in enumerate(items):
        if (symbol is Ellipsis or symbol == "*") and i != 0:
            raise ValueError(
                f"{message}.  Tensor {x.name} specified shape index {i}.  Symbol `...` or `*` for "
                "a variable number of unspecified dimensions is only allowed as the first entry"
            )
    is_open = bool(items) and (items[0] is Ellipsis or items[0] == "*")
    wanted = items[1:] if is_open else items
    return _Sizes(x, is_open, _actual_sizes(x), wanted or (1,))


def assert_shapes(
    shapes: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Demand that tensors have shapes, in which a symbol stands for one size everywhere.

    Args:
        shapes: dict, or pairs, of tensors and their shapes: sizes, symbols such as "N", None or "."
            for any size; `...` or "*" in front for any number of dimensions.
        data: list of tensors that errors show.
        summarize: how many elements of each; 3 when None.
        message: text before the error's own.
        name: name of the operations; "assert_shapes" when None.

    Returns:
        An operation that groups the checks that had to be left to the run.

    Raises:
        ValueError: static shapes don't fit.

    Reference: TensorFlow 1.15, tensorflow/python/ops/check_ops.py.
    """
    pairs = shapes.items() if isinstance(shapes, dict) else shapes
    message = message or ""
    with name_scope(name, "assert_shapes", [shapes, data]):
        constraints = [(convert_to_tensor(x), s) for x, s in pairs if s is not None]
        read = [_read_symbols(x, symbols, message) for x, symbols in constraints]
        ranks = [
            check
            for sizes in read
            if (check := _rank_check(sizes, data, summarize, message, name)) is not None
        ]
        checks = _size_checks(read, data, summarize, message)
        with control_dependencies(ranks):
            result: Operation = group(checks)
        return result


def _rank_check(
    sizes: _Sizes, data: Any, summarize: int | None, message: str, name: str | None
) -> Operation | None:
    count = len(sizes.symbols)
    if sizes.is_open:
        if count <= 1:
            return None
        return assert_rank_at_least(sizes.x, count, data, summarize, message, name)
    if count <= 1:
        return assert_rank_in(sizes.x, [0, 1], data, summarize, message, name)
    return assert_rank(sizes.x, count, data, summarize, message, name)


def _size_checks(
    read: list[_Sizes], data: Any, summarize: int | None, message: str
) -> list[Operation]:
    checks: list[Operation] = []
    meaning: dict[Any, tuple[Any, Tensor, int]] = {}
    for sizes in read:
        for i, symbol in enumerate(sizes.symbols):
            if symbol in (None, "."):
                continue
            dim = i - len(sizes.symbols) if sizes.is_open else i
            actual = sizes.actual[dim]
            if _is_known(symbol):
                wanted, why = int(symbol), "Specified explicitly"
            elif symbol in meaning:
                wanted, other, at = meaning[symbol]
                why = f"Specified by tensor {other.name} dimension {at}"
            else:
                meaning[symbol] = (actual, sizes.x, dim)
                continue
            if _is_known(actual) and _is_known(wanted):
                if int(actual) != int(wanted):
                    raise ValueError(
                        f"{message}.  {why}.  Tensor {sizes.x.name} dimension {dim} must have "
                        f"size {wanted}.  Received size {actual}, shape {sizes.x.get_shape()}"
                    )
                continue
            condition = equal(convert_to_tensor(actual), convert_to_tensor(wanted))
            shown = data or [
                message,
                why,
                f"Tensor {sizes.x.name} dimension",
                dim,
                "must have size",
                wanted,
                "Received shape: ",
                shape_of(sizes.x),
            ]
            checks.append(Assert(condition, shown, summarize=summarize))
    return checks
