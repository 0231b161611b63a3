"""Convolution of pictures: Conv2D and its gradients.

Kernels work channels last; NCHW is transposed there and back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evergraph.core.errors import InvalidArgumentError, UnimplementedError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops.array_shape import one_of, shape_n
from evergraph.ops.array_shape import shape as shape_of
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import with_rank
from evergraph.registry.shape_inference import ShapeContext

_ATTRS = {
    "T": "{half, bfloat16, float, double}",
    "strides": "list(int)",
    "use_cudnn_on_gpu": "bool = true",
    "padding": "{'SAME', 'VALID', 'EXPLICIT'}",
    "explicit_paddings": "list(int) = []",
    "data_format": "{'NHWC', 'NCHW'} = 'NHWC'",
    "dilations": "list(int) = [1, 1, 1, 1]",
}


class _Window:
    """Where the kernel goes: strides, dilations and padding of the inner dimensions."""

    def __init__(
        self,
        strides: Sequence[int],
        padding: bytes,
        explicit_paddings: Sequence[int],
        data_format: bytes,
        dilations: Sequence[int],
    ) -> None:
        self.is_last = data_format == b"NHWC"
        inner = (1, 2) if self.is_last else (2, 3)
        self.strides = [int(strides[axis]) for axis in inner]
        self.dilations = [int(dilations[axis]) for axis in inner]
        self.padding = padding
        self.explicit = [
            (int(explicit_paddings[2 * axis]), int(explicit_paddings[2 * axis + 1]))
            for axis in (inner if padding == b"EXPLICIT" else ())
        ]

    def along(self, k: int, size: int, width: int) -> tuple[int, tuple[int, int]]:
        """(output size, padding) of inner dimension `k`; the size is negative when none fits."""
        stride, reach = self.strides[k], (width - 1) * self.dilations[k] + 1
        if self.padding == b"SAME":
            count = -(-size // stride)
            missing = max(0, (count - 1) * stride + reach - size)
            return count, (missing // 2, missing - missing // 2)
        pair = self.explicit[k] if self.padding == b"EXPLICIT" else (0, 0)
        return (size + sum(pair) - reach + stride) // stride, pair

    def paddings(self, sizes: Sequence[int], widths: Sequence[int]) -> list[tuple[int, int]]:
        """The padding of each inner dimension."""
        return [self.along(k, sizes[k], widths[k])[1] for k in range(2)]

    def last(self, xp: Namespace, x: Array) -> Array:
        """`x` with its channels last."""
        return x if self.is_last else xp.transpose(x, (0, 2, 3, 1))

    def back(self, xp: Namespace, x: Array) -> Array:
        """`x`, channels last, in the order of the op."""
        return x if self.is_last else xp.transpose(x, (0, 3, 1, 2))


def _window(attrs: Any) -> _Window:
    names = ("strides", "padding", "explicit_paddings", "data_format", "dilations")
    return _Window(*(attrs[name] for name in names))


def _checked_window(c: ShapeContext) -> _Window:
    for word, name in (("dilation", "dilations"), ("stride", "strides")):
        count = len(c.attr(name))
        if count != 4:
            raise ValueError(
                f"Conv2D requires the {word} attribute to contain 4 values, but got: {count}"
            )
    explicit = list(c.attr("explicit_paddings") or [])
    is_last = c.attr("data_format") == b"NHWC"
    outer = explicit[:2] + (explicit[6:] if is_last else explicit[2:4])
    if any(outer):
        raise ValueError(
            "Nonzero explicit padding in the batch or depth dimensions is not supported"
        )
    return _window(c.op.attrs)


def _conv_2d_shape(c: ShapeContext) -> TensorShape:
    source, kernel = with_rank(c.inputs[0], 4).as_list(), with_rank(c.inputs[1], 4).as_list()
    window = _checked_window(c)
    batch, depth = source[0], source[3 if window.is_last else 1]
    inner = source[1:3] if window.is_last else source[2:4]
    if None not in (depth, kernel[2]) and depth % kernel[2]:  # type: ignore[operator]  # known
        raise ValueError(
            f"Depth of input ({depth}) is not a multiple of input depth of filter ({kernel[2]})"
        )
    sizes: list[int | None] = []
    for k in range(2):
        if window.strides[k] <= 0:
            raise ValueError(f"Stride must be > 0, but got {window.strides[k]}")
        if window.dilations[k] < 1:
            raise ValueError(f"Dilation rate must be >= 1, but got {window.dilations[k]}")
        size, width = inner[k], kernel[k]
        if size is None or (width is None and window.padding != b"SAME"):
            sizes.append(None)
            continue
        count, pair = window.along(k, size, 1 if width is None else width)
        if count < 0 or (width is not None and window.padding != b"SAME" and count == 0):
            reach = (int(width or 1) - 1) * window.dilations[k] + 1
            if size + sum(pair) < reach:
                raise ValueError(
                    f"Negative dimension size caused by subtracting {reach} from {size + sum(pair)}"
                )
        sizes.append(count)
    shape = [batch, *sizes, kernel[3]] if window.is_last else [batch, kernel[3], *sizes]
    return TensorShape(shape)


CONV_2D = register_op(
    "Conv2D",
    inputs="input: T, filter: T",
    outputs="output: T",
    attrs=_ATTRS,
    shape=_conv_2d_shape,
)


def _text(sizes: Sequence[int]) -> str:
    return "[" + ",".join(str(int(size)) for size in sizes) + "]"


def _check_sizes(
    window: _Window, source: Sequence[int], kernel: Sequence[int], output: Sequence[int] | None
) -> None:
    """Refuse sizes, channels last, that don't belong together."""
    for word, sizes in (("input", source), ("filter", kernel)):
        if len(sizes) != 4:
            raise InvalidArgumentError(None, None, f"{word} must be 4-dimensional{_text(sizes)}")
    depth, filter_depth = source[3], kernel[2]
    if filter_depth == 0 or depth % filter_depth:
        raise InvalidArgumentError(
            None,
            None,
            f"input depth must be evenly divisible by filter depth: {depth} vs {filter_depth}",
        )
    if depth != filter_depth:
        raise UnimplementedError(
            None,
            None,
            "The Conv2D op currently does not support grouped convolutions on the CPU. A grouped "
            f"convolution was attempted to be run because the input depth of {depth} does not "
            f"match the filter input depth of {filter_depth}",
        )
    counts = [window.along(k, source[1 + k], kernel[k])[0] for k in range(2)]
    for k, count in enumerate(counts):
        if count < 0:
            reach = (kernel[k] - 1) * window.dilations[k] + 1
            raise InvalidArgumentError(
                None,
                None,
                f"Computed output size would be negative: {count} [input_size: {source[1 + k]}, "
                f"effective_filter_size: {reach}, stride: {window.strides[k]}]",
            )
    wanted = [source[0], *counts, kernel[3]]
    if output is not None and [int(size) for size in output] != wanted:
        raise InvalidArgumentError(
            None,
            None,
            f"Size of out_backprop doesn't match computed: actual = {_text(output)}, "
            f"computed = {_text(wanted)}",
        )


def _last_sizes(window: _Window, sizes: Any) -> list[int]:
    """Sizes of the input with the channels last."""
    found = [int(size) for size in np.ravel(sizes)]
    return found if window.is_last or len(found) != 4 else [found[0], *found[2:], found[1]]


@CONV_2D.kernel
def _conv_2d(
    xp: Namespace,
    x: Array,
    kernel: Array,
    *,
    strides: list[int],
    padding: bytes,
    explicit_paddings: list[int],
    data_format: bytes,
    dilations: list[int],
) -> Array:
    window = _Window(strides, padding, explicit_paddings, data_format, dilations)
    sizes, kernel_sizes = _last_sizes(window, xp.shape(x)), xp.shape(kernel)
    _check_sizes(window, sizes, kernel_sizes, None)
    paddings = window.paddings(sizes[1:3], kernel_sizes[:2])
    y = xp.conv(window.last(xp, x), kernel, window.strides, paddings, window.dilations)
    return window.back(xp, y)


def _copied(op: Operation) -> dict[str, Any]:
    """The attrs that a gradient has from `op`."""
    return {name: op.get_attr(name) for name in _ATTRS if name != "T"}


@CONV_2D.gradient
def _conv_2d_gradient(op: Operation, d_output: Tensor) -> list[Tensor]:
    input_sizes, filter_sizes = shape_n([op.inputs[0], op.inputs[1]])
    attrs = _copied(op)
    return [
        CONV_2D_BACKPROP_INPUT(input_sizes, op.inputs[1], d_output, **attrs),
        CONV_2D_BACKPROP_FILTER(op.inputs[0], filter_sizes, d_output, **attrs),
    ]


def _sizes_of(index: int) -> Any:
    def shape(c: ShapeContext) -> TensorShape:
        return with_rank(c.constant_as_shape(index), 4)

    return shape


CONV_2D_BACKPROP_INPUT = register_op(
    "Conv2DBackpropInput",
    inputs="input_sizes: int32, filter: T, out_backprop: T",
    outputs="output: T",
    attrs=_ATTRS,
    shape=_sizes_of(0),
    static_inputs=("input_sizes",),
)


@CONV_2D_BACKPROP_INPUT.kernel
def _conv_2d_backprop_input(
    xp: Namespace,
    input_sizes: np.ndarray,
    kernel: Array,
    d_y: Array,
    *,
    strides: list[int],
    padding: bytes,
    explicit_paddings: list[int],
    data_format: bytes,
    dilations: list[int],
) -> Array:
    window = _Window(strides, padding, explicit_paddings, data_format, dilations)
    sizes, kernel_sizes = _last_sizes(window, input_sizes), xp.shape(kernel)
    d_y = window.last(xp, d_y)
    _check_sizes(window, sizes, kernel_sizes, xp.shape(d_y))
    paddings = window.paddings(sizes[1:3], kernel_sizes[:2])
    d_x = xp.conv_input_gradient(sizes, kernel, d_y, window.strides, paddings, window.dilations)
    return window.back(xp, d_x)


@CONV_2D_BACKPROP_INPUT.gradient
def _conv_2d_backprop_input_gradient(op: Operation, d_output: Tensor) -> list[Tensor | None]:
    attrs = _copied(op)
    d_filter: Tensor = CONV_2D_BACKPROP_FILTER(
        d_output, shape_of(op.inputs[1]), op.inputs[2], **attrs
    )
    return [None, d_filter, CONV_2D(d_output, op.inputs[1], **attrs)]


CONV_2D_BACKPROP_FILTER = register_op(
    "Conv2DBackpropFilter",
    inputs="input: T, filter_sizes: int32, out_backprop: T",
    outputs="output: T",
    attrs=_ATTRS,
    shape=_sizes_of(1),
    static_inputs=("filter_sizes",),
)


@CONV_2D_BACKPROP_FILTER.kernel
def _conv_2d_backprop_filter(
    xp: Namespace,
    x: Array,
    filter_sizes: np.ndarray,
    d_y: Array,
    *,
    strides: list[int],
    padding: bytes,
    explicit_paddings: list[int],
    data_format: bytes,
    dilations: list[int],
) -> Array:
    window = _Window(strides, padding, explicit_paddings, data_format, dilations)
    sizes = _last_sizes(window, xp.shape(x))
    kernel_sizes = [int(size) for size in np.ravel(filter_sizes)]
    d_y = window.last(xp, d_y)
    _check_sizes(window, sizes, kernel_sizes, xp.shape(d_y))
    paddings = window.paddings(sizes[1:3], kernel_sizes[:2])
    d_kernel: Array = xp.conv_kernel_gradient(
        window.last(xp, x), kernel_sizes, d_y, window.strides, paddings, window.dilations
    )
    return d_kernel


@CONV_2D_BACKPROP_FILTER.gradient
def _conv_2d_backprop_filter_gradient(op: Operation, d_output: Tensor) -> list[Tensor | None]:
    attrs = _copied(op)
    d_input: Tensor = CONV_2D_BACKPROP_INPUT(
        shape_of(op.inputs[0]), d_output, op.inputs[2], **attrs
    )
    return [d_input, None, CONV_2D(op.inputs[0], d_output, **attrs)]


# --- functions ---


def _convert_padding(padding: Any) -> tuple[Any, list[int]]:
    """The attrs `padding` and `explicit_paddings` for a word, or a list of pairs."""
    if padding == "EXPLICIT":
        raise ValueError(
            '"EXPLICIT" is not a valid value for the padding parameter. To use explicit padding, '
            "the padding parameter must be a list."
        )
    if not isinstance(padding, list | tuple):
        return padding, []
    flat: list[int] = []
    for i, pair in enumerate(padding):
        if not isinstance(pair, list | tuple):
            raise ValueError(
                "When padding is a list, each element of padding must be a list/tuple of size 2. "
                f"Element with index {i} of padding is not a list/tuple"
            )
        if len(pair) != 2:
            raise ValueError(
                "When padding is a list, each element of padding must be a list/tuple of size 2. "
                f"Element with index {i} of padding has size {len(pair)}"
            )
        flat.extend(pair)
    if len(padding) != 4:
        raise ValueError(
            f"When padding is a list, it must be of size 4. Got padding of size: {len(padding)}"
        )
    return "EXPLICIT", flat


def _four(value: Any, channels: int, name: str) -> list[int]:
    """One, two or four numbers as four, in the order of the data format."""
    if value is None:
        value = [1]
    elif not isinstance(value, list | tuple):
        value = [value]
    found = list(value)
    if len(found) == 4:
        return found
    if len(found) not in (1, 2):
        raise ValueError(f"{name} should be of length 1, 2 or 4 but was {len(found)}")
    inner = found * 2 if len(found) == 1 else found
    return [1, *inner, 1] if channels == 3 else [1, 1, *inner]


def conv2d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str | None = "NHWC",
    dilations: Any = [1, 1, 1, 1],  # noqa: B006  # TensorFlow's default, never changed
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """Correlate pictures with a kernel.

    output[b, i, j, k] = sum over di, dj, q of
        input[b, i strides + di dilations, j strides + dj dilations, q] filter[di, dj, q, k]

    Args:
        input: floating `[batch, height, width, in]`.
        filter: `[height, width, in, out]`.
        strides: one, two or four numbers.
        padding: "SAME", "VALID", or a list of four (before, after) pairs.
        use_cudnn_on_gpu: accepted for TensorFlow's sake.
        data_format: "NHWC", or "NCHW" for `[batch, in, height, width]`.
        dilations: one, two or four numbers.
        name: name of the operation; "Conv2D" when None.
        filters: newer name of `filter`.

    Returns:
        `[batch, height, width, out]`.

    Raises:
        ValueError: an argument is no such thing, or the shapes don't fit.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/conv_ops.cc. Differs from TensorFlow: NCHW
        runs on the CPU too.
    """
    kernel = one_of("filters", filters, "filter", filter)
    padding, explicit_paddings = _convert_padding(padding)
    data_format = "NHWC" if data_format is None else data_format
    channels = 1 if data_format.startswith("NC") else 3
    result: Tensor = CONV_2D(
        input,
        kernel,
        strides=_four(strides, channels, "strides"),
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=explicit_paddings,
        data_format=data_format,
        dilations=_four(dilations, channels, "dilations"),
        name=name,
    )
    return result
