"""Print, PrintV2 and StringFormat: tensors as text on the terminal."""

from __future__ import annotations

import logging
import os
import pprint
import random
import sys
import threading
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from evergraph.core import dtypes, nest
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import SparseTensor
from evergraph.graph.conversion import is_dense_tensor_like
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops.assertions import summarize_value, value_text
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import no_outputs, unchanged
from evergraph.registry.shape_inference import ShapeContext

PRINT = register_op(
    "Print",
    inputs="input: T, data: U",
    outputs="output: T",
    attrs={
        "T": "type",
        "U": "list(type) >= 0",
        "message": "string = ''",
        "first_n": "int = -1",
        "summarize": "int = 3",
    },
    shape=unchanged,
    stateful=True,
    host_only=True,
    host_effect=True,
)

_lock = threading.Lock()
_times_printed: WeakKeyDictionary[Operation, int] = WeakKeyDictionary()


@PRINT.kernel
def _print(
    xp: Namespace,
    x: Array,
    data: tuple[Array, ...],
    *,
    message: bytes,
    first_n: int,
    summarize: int,
    op: Operation,
) -> Array:
    if first_n >= 0:
        with _lock:
            times = _times_printed.get(op, 0)
            _times_printed[op] = times + 1
        if times >= first_n:
            return x
    parts = "".join(f"[{summarize_value(value, summarize)}]" for value in data)
    sys.stderr.write(f"{message.decode(errors='replace')}{parts}\n")
    sys.stderr.flush()
    return x


@PRINT.gradient
def _print_gradient(op: Operation, d_output: Any) -> list[Any]:
    return [d_output, *[None] * (len(op.inputs) - 1)]


def Print(
    input_: Any,
    data: Any,
    message: str | None = None,
    first_n: int | None = None,
    summarize: int | None = None,
    name: str | None = None,
) -> Tensor:
    """A tensor with the value of `input_` that prints `data` to the standard error when it runs.

    Args:
        input_: any tensor.
        data: list of tensors to print.
        message: text before them.
        first_n: print only so many times; always when None or negative.
        summarize: how many elements of each tensor; 3 when None, all when negative.
        name: name of the operation; "Print" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/logging_ops.cc.
    """
    result: Tensor = PRINT(
        input_, data, message=message, first_n=first_n, summarize=summarize, name=name
    )
    return result


def _format_shape(c: ShapeContext) -> TensorShape:
    template, placeholder = c.attr("template"), c.attr("placeholder")
    if template.count(placeholder) != len(c.inputs):
        raise ValueError(
            "num placeholders in template and num inputs must match: "
            f"{template.count(placeholder)} vs. {len(c.inputs)}"
        )
    return TensorShape([])


STRING_FORMAT = register_op(
    "StringFormat",
    inputs="inputs: T",
    outputs="output: string",
    attrs={
        "T": "list(type) >= 0",
        "template": "string = '%s'",
        "placeholder": "string = '%s'",
        "summarize": "int = 3",
    },
    shape=_format_shape,
    host_only=True,
)


@STRING_FORMAT.kernel
def _string_format(
    xp: Namespace,
    inputs: tuple[Array, ...],
    *,
    template: bytes,
    placeholder: bytes,
    summarize: int,
) -> Array:
    head, *parts = template.split(placeholder)
    text = head
    for value, part in zip(inputs, parts, strict=True):
        text += array_text(value, summarize).encode() + part
    result = np.empty((), object)
    result[()] = text
    return result


def array_text(value: np.ndarray, edge_count: int) -> str:
    """An array with `edge_count` items at both ends of each dimension; all of them when -1."""
    array = np.asarray(value)
    rank = array.ndim

    def dimension(part: Any, depth: int) -> str:
        if depth == rank:
            text = value_text(part[()] if isinstance(part, np.ndarray) else part)
            return f'"{text}"' if array.dtype == object else text
        count = part.shape[0]
        ends = count if edge_count < 0 else edge_count
        first, last = min(ends, count), max(count - ends, min(ends, count))
        gap = " " if depth == rank - 1 else "\n" * (rank - 1 - depth) + " " * (depth + 1)
        items = [dimension(part[i], depth + 1) for i in range(first)]
        if last > first:
            items.append("...")
        items += [dimension(part[i], depth + 1) for i in range(last, count)]
        return f"[{gap.join(items)}]"

    return dimension(array, 0)


def string_format(
    template: str,
    inputs: Any,
    placeholder: str = "{}",
    summarize: int = 3,
    name: str | None = None,
) -> Tensor:
    """Text with tensors in it.

    Args:
        template: text with a placeholder for each of `inputs`.
        inputs: a tensor or a list of tensors.
        placeholder: what stands for a tensor.
        summarize: how many items at both ends of each dimension; all when -1.
        name: name of the operation; "StringFormat" when None.

    Raises:
        ValueError: as many placeholders as inputs are needed.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/string_format_op.cc.
    """
    if isinstance(inputs, Tensor):
        inputs = [inputs]
    if template.count(placeholder) != len(inputs):
        raise ValueError(
            f"{template.count(placeholder)} placeholder(s) in template does not match "
            f"{len(inputs)} tensor(s) provided as input"
        )
    result: Tensor = STRING_FORMAT(
        list(inputs), template=template, placeholder=placeholder, summarize=summarize, name=name
    )
    return result


PRINT_V2 = register_op(
    "PrintV2",
    inputs="input: string",
    attrs={"output_stream": "string = 'stderr'", "end": "string = '\\n'"},
    shape=no_outputs,
    stateful=True,
    host_only=True,
    host_effect=True,
)

_LOG_LEVELS = {
    b"log(info)": logging.INFO,
    b"log(warning)": logging.WARNING,
    b"log(error)": logging.ERROR,
}


@PRINT_V2.kernel
def _print_v2(xp: Namespace, text: Array, *, output_stream: bytes, end: bytes) -> None:
    line = (text.item() + end).decode(errors="replace")
    if output_stream.startswith(b"file://"):
        with Path(output_stream[7:].decode()).open("a") as file:
            file.write(line)
    elif output_stream in _LOG_LEVELS:
        logging.getLogger("tensorflow").log(_LOG_LEVELS[output_stream], line.rstrip("\n"))
    else:
        stream = sys.stdout if output_stream == b"stdout" else sys.stderr
        stream.write(line)
        stream.flush()


def _stream_name(output_stream: Any) -> str:
    """What PrintV2 calls a stream, a logging level or a logging function.

    Raises:
        ValueError: it knows none.
    """
    if isinstance(output_stream, str) and output_stream.startswith("file://"):
        return output_stream
    if output_stream is sys.stdout or output_stream is sys.stderr:
        return "stdout" if output_stream is sys.stdout else "stderr"
    levels = {logging.INFO: "info", logging.WARNING: "warning", logging.ERROR: "error"}
    word = levels.get(output_stream) if isinstance(output_stream, int) else None
    if word is None and callable(output_stream):
        # logging.info, tf.logging.warn ...
        name = getattr(output_stream, "__name__", "")
        word = {"info": "info", "warning": "warning", "warn": "warning", "error": "error"}.get(name)
    if word is None:
        raise ValueError(
            f"Unsupported output stream, logging level, or file.{output_stream}. Supported "
            "streams are sys.stdout, sys.stderr, tf.logging.info, tf.logging.warning, "
            "tf.logging.error. File needs to be in the form of 'file://<filepath>'."
        )
    return f"log({word})"


def print_v2(
    *inputs: Any,
    output_stream: Any = None,
    name: str | None = None,
    summarize: int = 3,
    sep: str = " ",
    end: str = os.linesep,
) -> Operation:
    """An operation that prints tensors and Python values, as `print` does, when it runs.

    Args:
        *inputs: tensors, nested structures of them, anything that can be printed.
        output_stream: sys.stdout, sys.stderr (also when None), a logging level, or "file://...".
        name: name of the operation; "PrintV2" when None.
        summarize: how many items at both ends of each dimension; all when -1.
        sep: text between the inputs.
        end: text after the last.

    Raises:
        ValueError: an unknown stream.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/logging_ops.cc.
    """
    stream = _stream_name(sys.stderr if output_stream is None else output_stream)
    only = inputs[0] if len(inputs) == 1 else None
    if (
        isinstance(only, Tensor)
        and only.shape.ndims == 0
        and only.dtype.base_dtype == dtypes.string
    ):
        text: Any = only
    else:
        text = _formatted(inputs, summarize, sep, None if name is None else f"{name}_format")
    result: Operation = PRINT_V2(text, output_stream=stream, name=name, end=end)
    return result


def _is_tensor(x: Any) -> bool:
    return is_dense_tensor_like(x) or isinstance(x, SparseTensor)


def _formatted(inputs: tuple[Any, ...], summarize: int, sep: str, name: str | None) -> Tensor:
    bare = nest.map_structure(lambda x: "" if _is_tensor(x) else x, inputs)
    placeholder = _unused_placeholder(" ".join(pprint.pformat(x) for x in bare))
    templates, tensors = [], []
    for item in inputs:
        parts: list[Any] = []
        for x in nest.flatten(item):
            if isinstance(x, SparseTensor):
                tensors += [x.indices, x.values, x.dense_shape]
                parts.append(
                    f"SparseTensor(indices={placeholder}, values={placeholder}, "
                    f"shape={placeholder})"
                )
            elif _is_tensor(x):
                tensors.append(x)
                parts.append(placeholder)
            else:
                parts.append(x)
        templates.append(
            item if isinstance(item, str) else pprint.pformat(nest.pack_sequence_as(item, parts))
        )
    template = sep.join(templates).replace(f"'{placeholder}'", placeholder)
    return string_format(template, tensors, placeholder, summarize, name)


def _unused_placeholder(text: str) -> str:
    placeholder, source = "{}", random.Random(5)
    while placeholder in text:
        placeholder += str(source.randint(0, 9))
    return placeholder
