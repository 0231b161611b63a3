"""Functions along the first axis of tensors: map_fn, scan, foldl, foldr.

Each is a while_loop over tensor arrays of the elements.

Reference: TensorFlow 1.15, tensorflow/python/ops/map_fn.py, functional_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from evergraph.core import nest
from evergraph.core.dimensions import Dimension
from evergraph.core.shapes import TensorShape
from evergraph.graph.composite import SparseTensor
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_shape import shape
from evergraph.ops.constants import constant
from evergraph.ops.tensor_array import TensorArray
from evergraph.ops.while_loop import while_loop

# The scope of `get_variable` here; filled in by variables.variable_scope, since ops know none.
current_variable_scope: Callable[[], Any] | None = None


def map_fn(
    fn: Callable[[Any], Any],
    elems: Any,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: str | None = None,
) -> Any:
    """Apply `fn` to each slice elems[i] and stack the results.

    Args:
        fn: takes one slice, in the structure of `elems`; returns values in that of `dtype`.
        elems: tensor [n, ...], or a nested structure of these with one n.
        dtype: type of the results, or a nested structure of types; that of `elems` when None.
        parallel_iterations: accepted for TensorFlow's sake; 10 when None.
        back_prop: whether gradients flow.
        swap_memory: accepted for TensorFlow's sake.
        infer_shape: whether all results must have one shape.
        name: name scope; "map" when None.

    Returns:
        Tensors [n, ...] in the structure of `dtype`.

    Raises:
        TypeError: `fn` isn't callable, `elems` is sparse, or the structures differ.
        ValueError: `elems` are scalars, or the structures have different lengths.
    """
    if not callable(fn):
        raise TypeError("fn must be callable.")
    if isinstance(elems, SparseTensor):
        raise TypeError(
            "To perform a map on the values of a sparse tensor use either "
            " SparseTensor(input.indices, fn(input.values), input.dense_shape) or "
            " SparseTensor(input.indices, map_fn(fn, input.values), input.dense_shape)"
        )
    flat = _flat(elems)
    with name_scope(name, "map", flat), _variables_read_once():
        flat = [convert_to_tensor(elem, name="elem") for elem in flat]
        dtype = dtype or _packed_as(elems, [elem.dtype for elem in flat])
        if flat[0].shape.ndims == 0:
            one = len(flat) == 1
            raise ValueError(
                "elems must be a 1+ dimensional Tensor, not a scalar"
                if one
                else "elements in elems must be 1+ dimensional Tensors, not scalars"
            )
        n = _length(flat[0]) or shape(flat[0])[0]
        arrays = [TensorArray(elem.dtype, size=n, dynamic_size=False) for elem in flat]
        inputs = [a.unstack(elem) for a, elem in zip(arrays, flat, strict=True)]
        i = constant(0)
        outputs = [
            TensorArray(kind, size=n, dynamic_size=False, infer_shape=infer_shape)
            for kind in _flat(dtype)
        ]

        def step(i: Tensor, outputs: list[TensorArray]) -> tuple[Tensor, list[TensorArray]]:
            results = fn(_packed_as(elems, [array.read(i) for array in inputs]))
            nest.assert_same_structure(dtype or elems, results)
            outputs = _written(outputs, i, _flat_as(dtype, results))
            return i + 1, outputs

        _, outputs = while_loop(
            lambda i, _: i < n,
            step,
            (i, outputs),
            parallel_iterations=parallel_iterations or 10,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=n,
        )
        return _packed_as(dtype, _stacked(outputs, flat))


def scan(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """All values of an accumulator: a[i] = fn(a[i - 1], elems[i]).

    Args:
        fn: takes the accumulator and one slice; returns the next accumulator.
        elems: tensor [n, ...], or a nested structure of these with one n.
        initializer: a[-1], or a nested structure of tensors; when None, a[0] is elems[0].
        parallel_iterations: accepted for TensorFlow's sake.
        back_prop: whether gradients flow.
        swap_memory: accepted for TensorFlow's sake.
        infer_shape: whether the accumulator keeps its shape.
        reverse: go from the last slice to the first.
        name: name scope; "scan" when None.

    Returns:
        Tensors [n, ...] in the structure of the accumulator.

    Raises:
        TypeError: `fn` isn't callable, or the structures differ.
        ValueError: the structures have different lengths.
    """
    if not callable(fn):
        raise TypeError("fn must be callable.")
    structure = elems if initializer is None else initializer
    flat = _flat(elems)
    with name_scope(name, "scan", flat), _variables_read_once():
        flat = [convert_to_tensor(elem, name="elem") for elem in flat]
        known = _length(flat[0])
        n: Any = shape(flat[0])[0] if known is None else known
        arrays = [
            TensorArray(elem.dtype, size=n, dynamic_size=False, element_shape=elem.shape[1:])
            for elem in flat
        ]
        inputs = [a.unstack(elem) for a, elem in zip(arrays, flat, strict=True)]
        if initializer is None:
            first = [array.read(n - 1 if reverse else 0) for array in inputs]
            start = 1
        else:
            first = [convert_to_tensor(value) for value in _flat(initializer)]
            start = 0
        outputs = [
            TensorArray(
                value.dtype,
                size=n,
                element_shape=value.shape if infer_shape else None,
                dynamic_size=False,
                infer_shape=infer_shape,
            )
            for value in first
        ]
        if initializer is None:
            place = n - 1 if reverse else 0
            outputs = _written(outputs, place, first)

        def step(i: Tensor, values: list[Any], outputs: list[TensorArray]) -> tuple[Any, ...]:
            slices = _packed_as(elems, [array.read(i) for array in inputs])
            result = fn(_packed_as(structure, values), slices)
            nest.assert_same_structure(structure, result)
            values = _flat_as(structure, result)
            outputs = _written(outputs, i, values)
            return i - 1 if reverse else i + 1, values, outputs

        _, _, outputs = while_loop(
            (lambda i, _1, _2: i >= 0) if reverse else (lambda i, _1, _2: i < n),
            step,
            (n - 1 - start if reverse else start, first, outputs),
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=n,
        )
        return _packed_as(structure, _stacked(outputs, flat))


def foldl(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """The last value of an accumulator: a = fn(a, elems[i]) for i = 0, 1, 2 ...

    Args:
        fn: takes the accumulator and one slice; returns the next accumulator.
        elems: tensor [n, ...], or a nested structure of these with one n.
        initializer: first value of the accumulator; when None, elems[0], and i starts at 1.
        parallel_iterations: accepted for TensorFlow's sake.
        back_prop: whether gradients flow.
        swap_memory: accepted for TensorFlow's sake.
        name: name scope; "foldl" when None.

    Returns:
        The accumulator.

    Raises:
        TypeError: `fn` isn't callable.
    """
    loop = {
        "parallel_iterations": parallel_iterations,
        "back_prop": back_prop,
        "swap_memory": swap_memory,
    }
    return _folded(fn, elems, initializer, False, name, loop)


def foldr(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """`foldl` from the last slice to the first.

    Raises:
        TypeError: `fn` isn't callable.
    """
    loop = {
        "parallel_iterations": parallel_iterations,
        "back_prop": back_prop,
        "swap_memory": swap_memory,
    }
    return _folded(fn, elems, initializer, True, name, loop)


def _folded(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any,
    reverse: bool,
    name: str | None,
    loop: dict[str, Any],
) -> Any:
    """The last value of an accumulator; `loop` are options of the while_loop."""
    if not callable(fn):
        raise TypeError("fn must be callable.")
    with name_scope(name, "foldr" if reverse else "foldl", [elems]), _variables_read_once():
        n, inputs = _unstacked(elems)

        def element(i: Any) -> Any:
            return nest.map_structure(lambda array: array.read(i), inputs)

        # Backwards, i is one more than the place of the next element.
        i, value = n, initializer
        if initializer is None:
            first = n - 1 if reverse else 0
            i, value = first, element(first)
        if not reverse:
            i = constant(1 if initializer is None else 0)

        def step(i: Tensor, value: Any) -> list[Any]:
            if reverse:
                i = i - 1
            value = fn(value, element(i))
            return [i if reverse else i + 1, value]

        _, result = while_loop(
            (lambda i, _: i > 0) if reverse else (lambda i, _: i < n),
            step,
            [i, value],
            maximum_iterations=n,
            **loop,
        )
        return result


@contextmanager
def _variables_read_once() -> Iterator[None]:
    """Inside, `get_variable` reads each new variable where it is made, not in every iteration."""
    scope = None if current_variable_scope is None else current_variable_scope()
    if scope is None or scope.caching_device is not None:
        yield
        return
    scope.set_caching_device(lambda op: op.device)
    try:
        yield
    finally:
        scope.set_caching_device(None)


def _unstacked(elems: Any) -> tuple[Any, Any]:
    """The number of slices of `elems`, and its leaves as tensor arrays."""
    flat = [convert_to_tensor(elem, name="elem") for elem in nest.flatten(elems)]
    n = _length(flat[0]) or shape(flat[0])[0]

    def unstacked(elem: Any) -> TensorArray:
        return TensorArray(elem.dtype, size=n, dynamic_size=False).unstack(elem)

    return n, nest.map_structure(unstacked, elems)


def _length(tensor: Tensor) -> int | None:
    """The size of the first axis, where it is known."""
    first = tensor.shape[0]
    size: int | None = getattr(first, "value", first)
    return size


def _flat(structure: Any) -> list[Any]:
    return _flat_as(structure, structure)


def _flat_as(structure: Any, values: Any) -> list[Any]:
    """`values`, which have the form of `structure`, as a list; one leaf stays whole."""
    return nest.flatten(values) if nest.is_sequence(structure) else [values]


def _packed_as(structure: Any, values: Sequence[Any]) -> Any:
    if nest.is_sequence(structure):
        return nest.pack_sequence_as(structure, values)
    return values[0]


def _written(arrays: Sequence[TensorArray], place: Any, values: Sequence[Any]) -> list[TensorArray]:
    """The arrays after each has got its value at `place`."""
    pairs = zip(arrays, values, strict=False)  # a structure of another length is refused before
    return [array.write(place, value) for array, value in pairs]


def _stacked(outputs: Sequence[TensorArray], elems: Sequence[Tensor]) -> list[Tensor]:
    """The elements of each array as a tensor, whose first axis is that of `elems`."""
    results = [array.stack() for array in outputs]
    lengths = [elem.get_shape().with_rank_at_least(1).dims for elem in elems]
    first = Dimension(None) if lengths[0] is None else lengths[0][0]
    for dims in lengths[1:]:
        first.merge_with(None if dims is None else dims[0])
    for result in results:
        result.set_shape(TensorShape([first]).concatenate(result.get_shape()[1:]))
    return results
