"""Random choices: classes by their probabilities, orders, crops."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX, REAL_NUMERIC, DType
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import get_seed, name_scope
from evergraph.ops import array_shape, array_slice
from evergraph.ops.math_statistics import reduce_all
from evergraph.ops.random import BLOCKS_PER_ELEMENT, random_uniform
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import size_of_input, unchanged, with_rank
from evergraph.registry.shape_inference import ShapeContext


def multinomial_shape(c: ShapeContext) -> TensorShape:
    """[batch, num_samples] for logits [batch, classes]."""
    rows = with_rank(c.inputs[0], 2).as_list()[0]
    with_rank(c.inputs[1], 0)
    return TensorShape([rows, size_of_input(c, 1)])


def _multinomial_blocks(shapes: Any, attrs: dict[str, Any]) -> int:
    rows, samples = shapes[0]
    return int(BLOCKS_PER_ELEMENT * rows * 2 * 4 * math.ceil(samples / 4))


def _text(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"


def sampled_classes(
    xp: Namespace, stream: Any, logits: Array, num_samples: np.ndarray, dtype: DType
) -> Array:
    """Classes `[batch, samples]` drawn by softmax(logits), by inverting the running sum.

    A logit that isn't finite adds nothing to it.
    """
    shape = tuple(xp.shape(logits))
    xp.check(
        len(shape) == 2,
        "InvalidArgumentError",
        f"logits should be a matrix, got shape {_text(shape)}",
    )
    xp.check(
        np.ndim(num_samples) == 0,
        "InvalidArgumentError",
        f"num_samples should be a scalar, got shape {_text(np.shape(num_samples))}",
    )
    samples = int(num_samples)
    xp.check(
        samples >= 0,
        "InvalidArgumentError",
        f"num_samples should be nonnegative, got {samples}",
    )
    rows, classes = shape
    xp.check(
        classes > 0 or not rows,
        "InvalidArgumentError",
        f"num_classes should be positive, got {classes}",
    )
    if not rows * samples * classes:
        return xp.zeros((rows, samples), dtype)
    return xp.philox_multinomial(stream, logits, samples, dtype)


MULTINOMIAL = register_op(
    "Multinomial",
    inputs="logits: T, num_samples: int32",
    outputs="output: output_dtype",
    attrs={
        "seed": "int = 0",
        "seed2": "int = 0",
        "T": REAL_NUMERIC,
        "output_dtype": (INDEX, dtypes.int64),
    },
    shape=multinomial_shape,
    static_inputs=("num_samples",),
    random_blocks=_multinomial_blocks,
    stateful=True,
).no_gradient()


@MULTINOMIAL.kernel
def _multinomial(
    xp: Namespace, logits: Array, num_samples: np.ndarray, *, output_dtype: DType, stream: Any
) -> Array:
    return sampled_classes(xp, stream, logits, num_samples, output_dtype)


def multinomial(
    logits: Any,
    num_samples: Any,
    seed: int | None = None,
    name: str | None = None,
    output_dtype: Any = None,
) -> Tensor:
    """Draw classes with the probabilities softmax(logits).

    Args:
        logits: real numbers, `[batch, classes]`.
        num_samples: scalar, how many for each row.
        seed: seed of the operation; see `set_random_seed`.
        name: name of the operations' scope; "multinomial" when None.
        output_dtype: int32 or int64, which None is.

    Returns:
        Tensor `[batch, num_samples]` of `output_dtype`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/multinomial_op.cc.
    """
    with name_scope(name, "multinomial", [logits]):
        return _drawn_classes(logits, num_samples, output_dtype, seed)


def categorical(
    logits: Any,
    num_samples: Any,
    dtype: Any = None,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Draw classes with the probabilities softmax(logits); see `multinomial`.

    Args:
        logits: real numbers, `[batch, classes]`.
        num_samples: scalar, how many for each row.
        dtype: int32 or int64, which None is.
        seed: seed of the operation; see `set_random_seed`.
        name: name of the operations' scope; "categorical" when None.

    Returns:
        Tensor `[batch, num_samples]` of `dtype`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/multinomial_op.cc.
    """
    with name_scope(name, "categorical", [logits]):
        return _drawn_classes(logits, num_samples, dtype, seed)


def _drawn_classes(logits: Any, num_samples: Any, dtype: Any, seed: int | None) -> Tensor:
    logits = convert_to_tensor(logits, name="logits")
    seed1, seed2 = get_seed(seed)
    result: Tensor = MULTINOMIAL(logits, num_samples, seed=seed1, seed2=seed2, output_dtype=dtype)
    return result


def _shuffle_blocks(shapes: Any, attrs: dict[str, Any]) -> int:
    rows = shapes[0][0] if shapes[0] else 0
    return -(-(rows - 1) // 4) if rows > 1 else 0


RANDOM_SHUFFLE = register_op(
    "RandomShuffle",
    inputs="value: T",
    outputs="output: T",
    attrs={"seed": "int = 0", "seed2": "int = 0", "T": "type"},
    shape=unchanged,
    random_blocks=_shuffle_blocks,
    stateful=True,
)


@RANDOM_SHUFFLE.kernel
def _random_shuffle(xp: Namespace, value: Array, *, stream: Any) -> Array:
    rows = xp.shape(value)[0] if value.ndim else 0
    if rows <= 1:
        return value
    return xp.gather(value, xp.philox_permutation(stream, rows), 0)


def random_shuffle(value: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """Put the rows of a tensor in random order.

    Args:
        value: any dtype, `[rows, ...]`.
        seed: seed of the operation; see `set_random_seed`.
        name: name of the operation; "RandomShuffle" when None.

    Returns:
        Tensor of the shape and dtype of `value`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/random_shuffle_op.cc.
    """
    seed1, seed2 = get_seed(seed)
    result: Tensor = RANDOM_SHUFFLE(value, seed=seed1, seed2=seed2, name=name)
    return result


def random_crop(value: Any, size: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """Cut a block of a given size out of a tensor at a random place.

    Args:
        value: any dtype and shape.
        size: its sizes, none larger than those of `value`.
        seed: seed of the operation; see `set_random_seed`.
        name: name of the last operation; "random_crop" when None.

    Returns:
        Tensor of shape `size`.

    Raises:
        tf.errors.InvalidArgumentError: while running, `size` is too large.

    Reference: TensorFlow 1.15, tensorflow/python/ops/random_ops.py.
    """
    from evergraph.ops.assertions import Assert
    from evergraph.ops.grouping import with_dependencies

    with name_scope(name, "random_crop", [value, size]) as scope:
        value = convert_to_tensor(value, name="value")
        size = convert_to_tensor(size, dtype=dtypes.int32, name="size")
        shape = array_shape.shape(value)
        fits = Assert(
            reduce_all(shape >= size),
            ["Need value.shape >= size, got ", shape, size],
            summarize=1000,
        )
        shape = with_dependencies([fits], shape)
        limit = shape - size + 1
        start = random_uniform(
            array_shape.shape(shape), dtype=size.dtype, maxval=size.dtype.max, seed=seed
        )
        result: Tensor = array_slice.slice(value, start % limit, size, name=scope)
        return result
