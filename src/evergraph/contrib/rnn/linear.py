"""Affine maps of several tensors at once, which many cells of contrib are made of.

Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/core_rnn_cell.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evergraph.core import dtypes, nest
from evergraph.graph.operation import Tensor
from evergraph.layers.rnn_cell import BIAS, KERNEL
from evergraph.ops.array_concat import concat
from evergraph.ops.constants import constant
from evergraph.ops.matmul import matmul
from evergraph.ops.nn_basic import bias_add
from evergraph.variables.initializers import Constant
from evergraph.variables.scope import VariableScope
from evergraph.variables.variable_scope import get_variable, get_variable_scope, variable_scope


def total_depth(args: Sequence[Tensor]) -> int:
    """The sum of the last sizes of matrices.

    Raises:
        ValueError: one isn't a matrix, or its size isn't known.
    """
    shapes = [x.get_shape() for x in args]
    total = 0
    for shape in shapes:
        if shape.ndims != 2:
            raise ValueError(f"linear is expecting 2D arguments: {shapes}")
        size = shape.as_list()[1]
        if size is None:
            raise ValueError(
                f"linear expects shape[1] to be provided for shape {shape}, but saw {shape[1]}"
            )
        total += size
    return total


def as_list(args: Any) -> list[Any]:
    """`args` as a list.

    Raises:
        ValueError: there is none.
    """
    if args is None or (nest.is_sequence(args) and not args):
        raise ValueError("`args` must be specified")
    return list(args) if nest.is_sequence(args) else [args]


def bias_variable(scope: VariableScope, size: int, dtype: Any, initializer: Any = None) -> Any:
    """The variable "bias" of `scope`, in one piece; zeros at first when no initializer is given."""
    with variable_scope(scope) as inner:
        inner.set_partitioner(None)
        if initializer is None:
            initializer = Constant(0.0, dtype=dtype)
        return get_variable(BIAS, [size], dtype=dtype, initializer=initializer)


class Linear:
    """[args] . kernel + bias, with variables of the scope it is made in.

    Args:
        args: a matrix, or a list of matrices with equally many rows.
        output_size: number of columns of the result.
        build_bias: whether there is a bias.
        bias_initializer: initializer of the bias; zeros when None.
        kernel_initializer: initializer of the kernel; the scope's when None.

    Raises:
        ValueError: `args` is missing, or a size isn't known.
    """

    def __init__(
        self,
        args: Any,
        output_size: int,
        build_bias: bool,
        bias_initializer: Any = None,
        kernel_initializer: Any = None,
    ) -> None:
        tensors = as_list(args)
        self._build_bias = build_bias
        depth = total_depth(tensors)
        dtype = tensors[0].dtype
        with variable_scope(get_variable_scope()) as outer:
            self._weights = get_variable(
                KERNEL, [depth, output_size], dtype=dtype, initializer=kernel_initializer
            )
            if build_bias:
                self._biases = bias_variable(outer, output_size, dtype, bias_initializer)

    def __call__(self, args: Any) -> Tensor:
        """The result for `args`, of the structure the map was made with."""
        tensors = as_list(args)
        if len(tensors) == 1:
            result = matmul(tensors[0], self._weights)
        else:
            axis = constant(1, dtype=dtypes.int32)
            result = matmul(concat(tensors, axis), self._weights)
        return bias_add(result, self._biases) if self._build_bias else result


def linear(
    args: Any,
    output_size: int,
    bias: bool,
    bias_initializer: Any = None,
    kernel_initializer: Any = None,
) -> Tensor:
    """[args] . kernel + bias, with the variables "kernel" and "bias" of the current scope.

    Args:
        args: a matrix, or a list of matrices with equally many rows.
        output_size: number of columns of the result.
        bias: whether there is a bias.
        bias_initializer: initializer of the bias; zeros when None.
        kernel_initializer: initializer of the kernel; the scope's when None.

    Raises:
        ValueError: `args` is missing, or a size isn't known.
    """
    tensors = as_list(args)
    depth = total_depth(tensors)
    dtype = tensors[0].dtype
    with variable_scope(get_variable_scope()) as outer:
        weights = get_variable(
            KERNEL, [depth, output_size], dtype=dtype, initializer=kernel_initializer
        )
        result = matmul(tensors[0] if len(tensors) == 1 else concat(tensors, 1), weights)
        if not bias:
            return result
        return bias_add(result, bias_variable(outer, output_size, dtype, bias_initializer))


def scoped_linear(
    args: Any, output_size: int, bias: bool, bias_start: float = 0.0, scope: Any = None
) -> Tensor:
    """[args] . kernel + bias in a variable scope of its own, as 0.x's `tf.nn.rnn_cell.linear`.

    Args:
        args: a matrix, or a list of matrices with equally many rows.
        output_size: number of columns of the result.
        bias: whether there is a bias.
        bias_start: initial value of the bias.
        scope: variable scope or its name; "Linear" when None.

    Raises:
        ValueError: `args` is missing, or a size isn't known.
    """
    with variable_scope(scope or "Linear"):
        return linear(args, output_size, bias, bias_initializer=Constant(bias_start))
