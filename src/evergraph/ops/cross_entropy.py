"""Cross entropies of classes."""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.core.dtypes import FLOATING, INDEX
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import control_dependencies, name_scope
from evergraph.ops import array_concat, array_shape, array_slice, identity
from evergraph.ops.array_shape import one_of
from evergraph.ops.cast import cast
from evergraph.ops.constants import constant_value
from evergraph.ops.math_elementwise import subtract
from evergraph.ops.matmul import matmul
from evergraph.ops.softmax import log_softmax, softmax, stable_log_softmax, stable_softmax, widened
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import broadcast_shapes, merge, with_rank
from evergraph.registry.shape_inference import ShapeContext


def _cross_entropy_shape(c: ShapeContext) -> list[TensorShape]:
    x, y = c.inputs
    try:
        both = with_rank(merge(with_rank(x, 2), y), 2)
    except ValueError:
        both = with_rank(broadcast_shapes(_at_most_matrix(x), _at_most_matrix(y)), 2)
    return [TensorShape(both.as_list()[:1]), both]


def _at_most_matrix(shape: TensorShape) -> TensorShape:
    """`shape`, of rank 2 or broadcast to it."""
    if shape.ndims is not None and shape.ndims > 2:
        raise ValueError(f"Shape must be rank 2 but is rank {shape.ndims}")
    return shape


SOFTMAX_CROSS_ENTROPY = register_op(
    "SoftmaxCrossEntropyWithLogits",
    inputs="features: T, labels: T",
    outputs="loss: T, backprop: T",
    attrs={"T": FLOATING},
    shape=_cross_entropy_shape,
)


@SOFTMAX_CROSS_ENTROPY.kernel
def _softmax_cross_entropy(xp: Namespace, features: Array, labels: Array) -> list[Array]:
    x_shape, y_shape = tuple(xp.shape(features)), tuple(xp.shape(labels))
    fits = len(x_shape) <= 2 and len(y_shape) <= 2
    fits = fits and all(
        a == b or 1 in (a, b) for a, b in zip(x_shape[::-1], y_shape[::-1], strict=False)
    )
    xp.check(
        fits,
        "InvalidArgumentError",
        f"logits and labels must be broadcastable: logits_size={_text(x_shape)} "
        f"labels_size={_text(y_shape)}",
    )
    xp.check(
        max(len(x_shape), len(y_shape)) == 2,
        "InvalidArgumentError",
        "logits and labels must be either 2-dimensional, or broadcasted to be 2-dimensional",
    )
    shape = tuple(
        max(a, b) if a and b else 0
        for a, b in zip(_matrix_sizes(x_shape), _matrix_sizes(y_shape), strict=True)
    )
    x = widened(xp, xp.broadcast_to(features, shape))
    y = widened(xp, xp.broadcast_to(labels, shape))
    loss = xp.negative(xp.sum(xp.multiply(y, stable_log_softmax(xp, x)), 1))
    backprop = xp.subtract(stable_softmax(xp, x), y)
    return [xp.cast(loss, features.dtype), xp.cast(backprop, features.dtype)]


def _matrix_sizes(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (1,) * (2 - len(shape)) + shape


def _text(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"


def scaled_rows(d_loss: Tensor, matrix: Tensor) -> Tensor:
    """`matrix` with each row multiplied by its element of `d_loss`."""
    result: Tensor = array_shape.expand_dims(d_loss, -1) * matrix
    return result


def _is_zero(gradient: Tensor) -> bool:
    """Whether a gradient is known to be zeros: nothing depends on the second output."""
    if gradient.op.type in ("ZerosLike", "Zeros"):
        return True
    value = constant_value(gradient)
    return value is not None and bool((value == 0).all())


@SOFTMAX_CROSS_ENTROPY.gradient
def _softmax_cross_entropy_gradient(
    op: Operation, d_loss: Tensor, d_backprop: Tensor | None
) -> tuple[Tensor, Tensor]:
    logits = op.inputs[0]
    d_logits = scaled_rows(d_loss, op.outputs[1])
    if d_backprop is not None and not _is_zero(d_backprop):
        probabilities = softmax(logits)
        rows = array_shape.expand_dims(d_backprop, 1)
        mean = array_shape.squeeze(matmul(rows, array_shape.expand_dims(probabilities, 2)), axis=1)
        d_logits = d_logits + (d_backprop - mean) * probabilities
    return d_logits, scaled_rows(d_loss, -log_softmax(logits))


def check_cross_entropy_arguments(name: str, sentinel: Any, labels: Any, logits: Any) -> None:
    """Demand named arguments: 0.x had them in another order than 1.x.

    Raises:
        ValueError: a positional argument, or one is missing.
    """
    if sentinel is not None:
        raise ValueError(f"Only call `{name}` with named arguments (labels=..., logits=..., ...)")
    if labels is None or logits is None:
        raise ValueError("Both labels and logits must be provided.")


def softmax_cross_entropy_with_logits(
    _sentinel: Any = None,
    labels: Any = None,
    logits: Any = None,
    dim: int = -1,
    name: str | None = None,
    axis: int | None = None,
) -> Tensor:
    """Compute -sum(labels log(softmax(logits))) along an axis; no gradient flows to the labels.

    Args:
        _sentinel: nothing; call with named arguments.
        labels: floating, `[..., classes]`, each row a probability distribution.
        logits: floating, `[..., classes]`, unscaled log probabilities.
        dim: the axis of the classes.
        name: name of the operation; "softmax_cross_entropy_with_logits_sg" when None.
        axis: another name of `dim`.

    Returns:
        Tensor of the shape of `logits` without the axis.

    Raises:
        ValueError: called with positional arguments, or without labels or logits.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/xent_op.h.
    """
    check_cross_entropy_arguments("softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    if axis is not None:
        dim = axis
    with name_scope(name, "softmax_cross_entropy_with_logits_sg", [logits, labels]) as scope:
        labels = identity.stop_gradient(labels, name="labels_stop_gradient")
    return softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits, axis=dim, name=scope)


def softmax_cross_entropy_with_logits_v2(
    labels: Any,
    logits: Any,
    axis: int | None = None,
    name: str | None = None,
    dim: int | None = None,
) -> Tensor:
    """Compute -sum(labels log(softmax(logits))) along an axis; gradients flow to both.

    Args:
        labels: floating, `[..., classes]`, each row a probability distribution.
        logits: floating, `[..., classes]`, unscaled log probabilities.
        axis: the axis of the classes; the last when None.
        name: name of the operation; "softmax_cross_entropy_with_logits" when None.
        dim: old name of `axis`.

    Returns:
        Tensor of the shape of `logits` without the axis.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/xent_op.h.
    """
    axis = one_of("axis", axis, "dim", dim)
    axis = -1 if axis is None else axis
    with name_scope(name, "softmax_cross_entropy_with_logits", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        is_narrow = logits.dtype.base_dtype in (dtypes.float16, dtypes.bfloat16)
        precise = cast(logits, dtypes.float32) if is_narrow else logits
        # Even the labels' dtype needn't be floating.
        labels = cast(labels, precise.dtype)
        input_rank = array_shape.rank(precise)
        if axis != -1:
            precise = _axis_to_end(precise, axis, input_rank)
            labels = _axis_to_end(labels, axis, input_rank)
        input_shape = array_shape.shape(precise)
        precise = _flatten_outer_dims(precise)
        labels = _flatten_outer_dims(labels)
        cost, _ = SOFTMAX_CROSS_ENTROPY(precise, labels, name=scope)
        output_shape = array_slice.slice(input_shape, [0], [subtract(input_rank, 1)])
        cost = array_shape.reshape(cost, output_shape)
        if logits.shape.ndims is not None:
            dims = logits.shape.as_list()
            del dims[axis]
            cost.set_shape(dims)
        result: Tensor = cast(cost, logits.dtype) if is_narrow else cost
        return result


def _axis_to_end(x: Tensor, axis: int, rank: Tensor) -> Tensor:
    from evergraph.ops.array_layout import transpose
    from evergraph.ops.sequences import range

    order = array_concat.concat([range(axis), range(axis + 1, rank), [axis]], 0)
    result: Tensor = transpose(x, order)
    return result


def _flatten_outer_dims(logits: Tensor) -> Tensor:
    """A matrix with the last axis of `logits`, all other axes in one."""
    rank = array_shape.rank(logits)
    last = array_slice.slice(array_shape.shape(logits), [subtract(rank, 1)], [1])
    output: Tensor = array_shape.reshape(logits, array_concat.concat([[-1], last], 0))
    if logits.shape.ndims is not None:
        *outer, size = logits.shape.as_list()
        if None not in outer:
            rows = 1
            for dim in outer:
                rows *= dim or 0
            output.set_shape([rows, size])
    return output


def _sparse_cross_entropy_shape(c: ShapeContext) -> list[TensorShape]:
    features, labels = with_rank(c.inputs[0], 2), with_rank(c.inputs[1], 1)
    rows, classes = features.as_list()
    batch = merge(TensorShape([rows]), labels)
    return [batch, TensorShape([*batch.as_list(), classes])]


SPARSE_SOFTMAX_CROSS_ENTROPY = register_op(
    "SparseSoftmaxCrossEntropyWithLogits",
    inputs="features: T, labels: Tlabels",
    outputs="loss: T, backprop: T",
    attrs={"T": FLOATING, "Tlabels": (INDEX, dtypes.int64)},
    shape=_sparse_cross_entropy_shape,
)


@SPARSE_SOFTMAX_CROSS_ENTROPY.kernel
def _sparse_softmax_cross_entropy(xp: Namespace, features: Array, labels: Array) -> list[Array]:
    x_shape, y_shape = tuple(xp.shape(features)), tuple(xp.shape(labels))
    xp.check(
        len(x_shape) == 2,
        "InvalidArgumentError",
        f"logits must be 2-D, but got shape {_text(x_shape)}",
    )
    xp.check(
        len(y_shape) == 1,
        "InvalidArgumentError",
        f"labels must be 1-D, but got shape {_text(y_shape)}",
    )
    xp.check(
        x_shape[0] == y_shape[0],
        "InvalidArgumentError",
        "logits and labels must have the same first dimension, got logits shape "
        f"{_text(x_shape)} and labels shape {_text(y_shape)}",
    )
    classes = x_shape[1]
    xp.check(
        classes > 0,
        "InvalidArgumentError",
        f"Must have at least one class, but got logits shape {_text(x_shape)}",
    )
    xp.check_indices(
        labels,
        classes,
        lambda _, label, limit: (
            f"Received a label value of {label} which is outside the valid range of [0, {limit}).  "
            f"Label values: {' '.join(str(value) for value in labels.tolist())}"
        ),
    )
    is_label = xp.one_hot(labels, classes, True, False)
    x = widened(xp, features)
    loss = xp.negative(xp.sum(xp.where(is_label, stable_log_softmax(xp, x), 0), 1))
    backprop = xp.subtract(stable_softmax(xp, x), xp.cast(is_label, x.dtype))
    return [xp.cast(loss, features.dtype), xp.cast(backprop, features.dtype)]


@SPARSE_SOFTMAX_CROSS_ENTROPY.gradient
def _sparse_softmax_cross_entropy_gradient(
    op: Operation, d_loss: Tensor, d_backprop: Any
) -> tuple[Tensor, None]:
    backprop = identity.prevent_gradient(
        op.outputs[1],
        message="Currently there is no way to take the second derivative of "
        "sparse_softmax_cross_entropy_with_logits due to the fused implementation's "
        "interaction with tf.gradients()",
    )
    return scaled_rows(d_loss, backprop), None


def sparse_softmax_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """Compute -log(softmax(logits)[label]) for the class that each label names.

    Args:
        _sentinel: nothing; call with named arguments.
        labels: int32 or int64, `[...]`, from 0 to classes - 1.
        logits: floating, `[..., classes]`, unscaled log probabilities.
        name: name of the operation; "SparseSoftmaxCrossEntropyWithLogits" when None.

    Returns:
        Tensor of the shape of `labels` and the dtype of `logits`.

    Raises:
        ValueError: called with positional arguments, or shapes don't fit.
        tf.errors.InvalidArgumentError: while running, a label is out of range.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sparse_xent_op.h.
    """
    check_cross_entropy_arguments(
        "sparse_softmax_cross_entropy_with_logits", _sentinel, labels, logits
    )
    with name_scope(name, "SparseSoftmaxCrossEntropyWithLogits", [labels, logits]):
        labels = convert_to_tensor(labels)
        logits = convert_to_tensor(logits)
        is_half = logits.dtype.base_dtype == dtypes.float16
        precise = cast(logits, dtypes.float32) if is_half else logits
        labels_shape = array_shape.shape(labels)
        checked = _check_label_shapes(labels.shape, logits.shape)
        if logits.shape.ndims == 2:
            cost, _ = SPARSE_SOFTMAX_CROSS_ENTROPY(precise, labels, name=name)
            result: Tensor = cast(cost, dtypes.float16) if is_half else cost
            return result
        static_labels = labels.shape
        with control_dependencies([] if checked else [_assert_label_shapes(labels, logits)]):
            classes = array_shape.shape(logits)[array_shape.rank(logits) - 1]
            precise = array_shape.reshape(precise, [-1, classes])
            labels = array_shape.reshape(labels, [-1])
            cost, _ = SPARSE_SOFTMAX_CROSS_ENTROPY(precise, labels, name=name)
            cost = array_shape.reshape(cost, labels_shape)
            cost.set_shape(static_labels)
            result = cast(cost, dtypes.float16) if is_half else cost
            return result


def _check_label_shapes(labels: TensorShape, logits: TensorShape) -> bool:
    """Compare static shapes; whether nothing remains to be checked while running."""
    is_known = labels.is_fully_defined() and logits[:-1].is_fully_defined()
    if logits.ndims == 0:
        raise ValueError(f"Logits cannot be scalars - received shape {logits}.")
    if None not in (logits.ndims, labels.ndims) and labels.ndims != logits.ndims - 1:  # type: ignore[operator]  # known
        raise ValueError(
            f"Rank mismatch: Rank of labels (received {labels.ndims}) should equal rank of logits "
            f"minus 1 (received {logits.ndims})."
        )
    if is_known and labels != logits[:-1]:
        raise ValueError(
            f"Shape mismatch: The shape of labels (received {labels}) should equal the shape of "
            f"logits except for the last dimension (received {logits})."
        )
    return is_known


def _assert_label_shapes(labels: Tensor, logits: Tensor) -> Any:
    from evergraph.ops.checks import assert_equal

    return assert_equal(array_shape.shape(labels), array_shape.shape(logits)[:-1])
