"""Sums over shared axes of tensors: tensordot, einsum, trace."""

from __future__ import annotations

import logging
import re
import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.shapes import TensorShape
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops import (
    array_concat,
    array_gather,
    array_join,
    array_layout,
    array_shape,
    diagonals,
    select,
    sequences,
    unique,
)
from evergraph.ops.math_elementwise import multiply
from evergraph.ops.math_reduction import reduce_prod, reduce_sum
from evergraph.ops.matmul import matmul


def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Tensor:
    """Sum products over pairs of axes.

    Args:
        a: numeric, any shape.
        b: of the dtype of `a`.
        axes: how many of the last axes of `a` are paired with the first of `b`; or the axes of `a`
            and those of `b`, as two lists or as a `[2, n]` tensor.
        name: name of the last operation; "Tensordot" when None.

    Returns:
        Tensor with the other axes of `a`, then the others of `b`.

    Raises:
        ValueError: `axes` has another form, or names too many axes.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    with name_scope(name, "Tensordot", [a, b, axes]) as scope:
        a = convert_to_tensor(a, name="a")
        b = convert_to_tensor(b, name="b")
        a_axes, b_axes = _paired_axes(a, axes)
        a_matrix, a_free, a_static = _as_matrix(a, a_axes)
        b_matrix, b_free, b_static = _as_matrix(b, b_axes, is_right=True)
        product = matmul(a_matrix, b_matrix)
        if isinstance(a_free, list) and isinstance(b_free, list):
            return array_shape.reshape(product, a_free + b_free, name=scope)
        a_free = convert_to_tensor(a_free, dtype=dtypes.int32)
        b_free = convert_to_tensor(b_free, dtype=dtypes.int32)
        result: Tensor = array_shape.reshape(
            product, array_concat.concat([a_free, b_free], 0), name=scope
        )
        if a_static is not None and b_static is not None:
            result.set_shape(a_static + b_static)
        return result


def _paired_axes(a: Tensor, axes: Any) -> tuple[Any, Any]:
    if isinstance(axes, int | np.integer):
        if axes < 0:
            raise ValueError("'axes' must be at least 0.")
        rank = a.shape.ndims
        if rank is None:
            rank_tensor = array_shape.rank(a)
            last = sequences.range(rank_tensor - axes, rank_tensor, dtype=dtypes.int32)
            return last, sequences.range(axes, dtype=dtypes.int32)
        if axes > rank:
            raise ValueError(
                f"'axes' must not be larger than the number of dimensions of tensor {a}."
            )
        return list(range(rank - axes, rank)), list(range(axes))
    if isinstance(axes, list | tuple):
        if len(axes) != 2:
            raise ValueError("'axes' must be an integer or have length 2.")
        a_axes, b_axes = axes
        if isinstance(a_axes, int | np.integer) and isinstance(b_axes, int | np.integer):
            a_axes, b_axes = [a_axes], [b_axes]
        if len(a_axes) != len(b_axes):
            raise ValueError(
                f"Different number of contraction axes 'a' and 'b', {len(a_axes)} != {len(b_axes)}."
            )
        return a_axes, b_axes
    axes = convert_to_tensor(axes, name="axes", dtype=dtypes.int32)
    return axes[0], axes[1]


def _as_matrix(x: Tensor, axes: Any, is_right: bool = False) -> tuple[Tensor, Any, Any]:
    """`x` as a matrix of its free axes by its paired ones (the other way when `is_right`).

    Returns:
        The matrix; the sizes of the free axes, as a list or tensor; the same as a list, or None.
    """
    if x.shape.is_fully_defined() and isinstance(axes, list | tuple):
        sizes = x.shape.as_list()
        axes = [axis if axis >= 0 else axis + len(sizes) for axis in axes]
        others = [i for i in range(len(sizes)) if i not in axes]
        free_sizes: list[Any] = [sizes[i] for i in others]
        free_count = int(np.prod(free_sizes))
        paired_count = int(np.prod([sizes[i] or 0 for i in axes]))
        permutation = [*axes, *others] if is_right else [*others, *axes]
        counts = [paired_count, free_count] if is_right else [free_count, paired_count]
        flat = array_shape.reshape(array_layout.transpose(x, permutation), counts)
        return flat, free_sizes, free_sizes
    static: list[Any] | None = None
    free: Any
    if x.shape.ndims is not None and isinstance(axes, list | tuple):
        sizes = x.shape.as_list()
        axes = [axis if axis >= 0 else axis + len(sizes) for axis in axes]
        free = [i for i in range(len(sizes)) if i not in axes]
        static = [sizes[i] for i in free]
        axes = convert_to_tensor(axes, dtype=dtypes.int32, name="axes")
        free = convert_to_tensor(free, dtype=dtypes.int32, name="free")
        shape_tensor = array_shape.shape(x)
    else:
        shape_tensor = array_shape.shape(x)
        rank = array_shape.rank(x)
        axes = convert_to_tensor(axes, dtype=dtypes.int32, name="axes")
        axes = select.where(axes >= 0, axes, axes + rank)
        free, _ = unique.setdiff1d(sequences.range(rank), axes)
    free_dims = array_gather.gather(shape_tensor, free)
    paired_dims = array_gather.gather(shape_tensor, axes)
    free_product = reduce_prod(free_dims)
    paired_product = reduce_prod(paired_dims)
    order = array_concat.concat([axes, free] if is_right else [free, axes], 0)
    both = [paired_product, free_product] if is_right else [free_product, paired_product]
    shape = array_join.stack(both)
    matrix = array_shape.reshape(array_layout.transpose(x, order), shape)
    return matrix, free_dims, static


def trace(x: Any, name: str | None = None) -> Tensor:
    """Sum the diagonals of matrices.

    Args:
        x: numeric, `[..., n, m]`.
        name: name of the last operation; "Trace" when None.

    Returns:
        Tensor `[...]`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    with name_scope(name, "Trace", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        return reduce_sum(diagonals.matrix_diag_part(x), [-1], name=scope)


def einsum(equation: str, *inputs: Any, **kwargs: Any) -> Tensor:
    """Sum products of tensors over the axes whose letters the result doesn't have.

    Args:
        equation: letters of the axes of each input, and after "->" those of the result, such as
            "ij,jk->ik".
            "..." stands for further axes. Without "->" the result has the letters that come once.
        *inputs: as many tensors.
        **kwargs: `name`, the name of the operations' scope; "einsum" when None.

    Returns:
        Tensor with the axes of the result.

    Raises:
        TypeError: another keyword than `name`.
        ValueError: the equation doesn't fit the inputs, or a letter comes twice in one input.

    Reference: TensorFlow 1.15, tensorflow/python/ops/special_math_ops.py.
    """
    name = kwargs.pop("name", None)
    if kwargs:
        raise TypeError(f"invalid keyword arguments for this function: {', '.join(sorted(kwargs))}")
    with name_scope(name, "einsum", [equation, inputs]):
        tensors = [convert_to_tensor(x) for x in inputs]
        labels, output = _parsed(equation, [x.shape for x in tensors])
        for axis in set("".join(labels) + output):
            for mine in labels:
                is_trace = mine.count(axis) == 2 and mine == mine[::-1] and "->" not in equation
                if len(labels) == 1 and is_trace:
                    return trace(tensors[0])
                if mine.count(axis) > 1:
                    raise ValueError(
                        f"Subscript not supported: an axis appears more than once: {mine}"
                    )
        for axis in set("".join(labels) + output):
            if sum(axis in mine for mine in labels) > 2 and axis not in output:
                logging.getLogger("tensorflow").warning(
                    "Falling back to exponential-space implementation of einsum() because index "
                    '"%s" is summed over more than two inputs.',
                    axis,
                )
                return _all_at_once(labels, output, tensors)
        return _pair_by_pair(equation, labels, output, tensors)


def _pair_by_pair(equation: str, labels: list[str], output: str, tensors: list[Tensor]) -> Tensor:
    product, mine = tensors[0], labels[0]
    for tensor, theirs in zip(tensors[1:], labels[1:], strict=True):
        summed = set(mine) & set(theirs) - set(output)
        product, mine = _contracted(product, mine, tensor, theirs, summed)
    if set(mine) - set(output):
        axes = [i for i, axis in enumerate(mine) if axis not in output]
        product = reduce_sum(product, axis=axes)
        mine = "".join(axis for axis in mine if axis in output)
    if sorted(mine) != sorted(output):
        raise ValueError(f"Invalid equation: {equation}")
    return _transposed(product, [mine.index(axis) for axis in output])


def _parsed(equation: str, shapes: list[TensorShape]) -> tuple[list[str], str]:
    """The letters of each input and of the result; further axes get letters that aren't used."""
    equation = equation.replace(" ", "")
    match = re.match("^([a-zA-Z,.]+)(->[a-zA-Z.]*)?$", equation)
    if not match:
        raise ValueError(f"Indices have incorrect format: {equation}")
    labels = match.group(1).split(",")
    output = match.group(2)[2:] if match.group(2) else None
    if len(shapes) != len(labels):
        raise ValueError(
            f'Got {len(shapes)} arguments for equation "{equation}", expecting {len(labels)}'
        )
    ellipsis = ""
    if "..." in equation:
        labels, ellipsis = _without_ellipsis(labels, shapes)
        output = None if output is None else output.replace("...", ellipsis)
    if any("." in text for text in [*labels, output or ""]):
        raise ValueError('period "." found outside of ellipsis')
    if output is None:
        letters = [axis for mine in labels for axis in mine if axis not in ellipsis]
        output = ellipsis + "".join(sorted(a for a in set(letters) if letters.count(a) == 1))
    return labels, output


def _without_ellipsis(labels: list[str], shapes: list[TensorShape]) -> tuple[list[str], str]:
    unused = "".join(c for c in string.ascii_letters if c not in "".join(labels))
    longest, result = "", []
    for mine, shape in zip(labels, shapes, strict=True):
        if "..." not in mine:
            result.append(mine)
            continue
        parts = mine.split("...")
        if len(parts) != 2:
            raise ValueError("Unable to resolve ellipsis. Excess number found.")
        if shape.ndims is None:
            raise ValueError("Unable to statically infer ellipsis axes.")
        count = shape.ndims - len("".join(parts))
        if count < 0:
            raise ValueError("Ellipses lengths do not match.")
        if len(unused) < count:
            raise ValueError("Unable to resolve ellipsis, too many distinct labels.")
        letters = unused[-count:] if count else ""
        result.append(mine.replace("...", letters))
        longest = max(longest, letters, key=len)
    return result, longest


def _contracted(
    x: Tensor, x_labels: str, y: Tensor, y_labels: str, summed: set[str]
) -> tuple[Tensor, str]:
    """Multiply two tensors and sum over `summed`, as one matmul of batches of matrices."""
    for i, (tensor, mine) in enumerate(((x, x_labels), (y, y_labels))):
        if len(mine) != (tensor.shape.ndims or 0):
            raise ValueError(
                f"Tensor t{i} of rank {tensor.shape.ndims} does not match einsum reduction of "
                f"length {len(mine)}"
            )
    kept = (set(x_labels) & set(y_labels)) - summed
    x_free, y_free = set(x_labels) - kept - summed, set(y_labels) - kept - summed

    def ordered(mine: str, first: set[str]) -> list[str]:
        return sorted(mine, key=lambda a: (-1 if a in kept else 0 if a in first else 1, a))

    x_order, y_order = ordered(x_labels, x_free), ordered(y_labels, summed)
    x = _transposed(x, [x_labels.find(axis) for axis in x_order])
    y = _transposed(y, [y_labels.find(axis) for axis in y_order])
    if not summed:
        for _ in y_free:
            x = array_shape.expand_dims(x, -1)
        for _ in x_free:
            y = array_shape.expand_dims(y, len(kept))
        return multiply(x, y), "".join(x_order + y_order[len(kept) :])
    x_sizes = _sizes(x)
    batch, inner = x_sizes[: len(kept)], x_sizes[-len(summed) :]
    rows = _product_of(x_sizes[len(kept) : -len(summed)])
    inner_count = _product_of(inner)
    x = _reshaped(x, [*batch, rows, inner_count])
    y_sizes = _sizes(y)
    columns = _product_of(y_sizes[len(kept) + len(summed) :])
    y = _reshaped(y, [*y_sizes[: len(kept)], inner_count, columns])
    product = matmul(x, y)
    outer = x_sizes[: len(kept) + len(x_free)] + y_sizes[len(y_sizes) - len(y_free) :]
    result = "".join(x_order[: len(kept) + len(x_free)] + y_order[len(y_order) - len(y_free) :])
    return _reshaped(product, outer), result


def _transposed(x: Tensor, order: list[int]) -> Tensor:
    if order == list(range(len(order))):
        return x
    result: Tensor = array_layout.transpose(x, perm=order)
    return result


def _sizes(x: Tensor) -> list[Any]:
    """The sizes of `x`: numbers where they are known, else scalar tensors."""
    sizes: list[Any] = x.shape.as_list()
    if None in sizes:
        shape = array_shape.shape(x)
        sizes = [shape[i] if size is None else size for i, size in enumerate(sizes)]
    return sizes


def _product_of(sizes: Sequence[Any]) -> Any:
    result: Any = 1
    for size in sizes:
        result = result * size
    return result


def _reshaped(x: Tensor, sizes: Sequence[Any]) -> Tensor:
    known = x.shape.as_list()
    is_same = len(known) == len(sizes) and all(
        not isinstance(new, Tensor) and new in (old, -1)
        for old, new in zip(known, sizes, strict=True)
    )
    return x if is_same else array_shape.reshape(x, tuple(sizes))


def _all_at_once(labels: list[str], output: str, tensors: list[Tensor]) -> Tensor:
    """Broadcast all inputs against each other, multiply, and sum: for axes of three inputs."""
    letters = sorted(set("".join(labels) + output))
    order = [axis for axis in letters if axis not in output] + list(output)
    shapes: list[list[Any]] = []
    for i, mine in enumerate(labels):
        rank = tensors[i].shape.ndims
        if rank != len(mine):
            raise ValueError(
                f"Input {i} with axes {mine} has incorrect number of dimensions (expected "
                f"{len(mine)}, got {rank})"
            )
        by_order = sorted(mine, key=order.index)
        tensors[i] = _transposed(tensors[i], [mine.find(axis) for axis in by_order])
        labels[i] = "".join(by_order)
        shapes.append([size or -1 for size in tensors[i].shape.as_list()])
    summed = []
    for place, axis in enumerate(order):
        sizes = set()
        for shape, mine in zip(shapes, labels, strict=True):
            if axis not in mine:
                shape.insert(place, 1)
            elif shape[place] > 1:
                sizes.add(shape[place])
        if len(sizes) > 1:
            raise ValueError(f"Dimension mismatch on axis: {axis}")
        if axis not in output:
            summed.append(place)
    spread = [array_shape.reshape(x, shape) for x, shape in zip(tensors, shapes, strict=True)]
    return reduce_sum(_product_of(spread), summed)
