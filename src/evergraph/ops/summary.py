"""Summary ops: tensors as serialized Summary messages, for TensorBoard.

All run on the host, and nothing on the device waits for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import numpy as np

from evergraph.core import dtypes, errors
from evergraph.core.typing import Namespace
from evergraph.graph.operation import Operation
from evergraph.registry.attrs import AttrDef
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import scalar

_REAL = (
    *(dtypes.float32, dtypes.float64, dtypes.int32, dtypes.uint8, dtypes.int16, dtypes.int8),
    *(dtypes.int64, dtypes.bfloat16, dtypes.uint16, dtypes.float16, dtypes.uint32, dtypes.uint64),
)
_RED = np.array([255, 0, 0, 255], np.uint8)


def _register(name: str, inputs: str, attrs: dict[str, Any], **fields: Any) -> OpDef:
    return register_op(
        name,
        inputs=inputs,
        outputs="summary: string",
        attrs=attrs,
        shape=scalar,
        host_only=True,
        host_effect=True,
        **fields,
    ).no_gradient()


def _fail(op: Operation, message: str) -> NoReturn:
    raise errors.InvalidArgumentError(None, op, f"{message}\n\t [[{{{{node {op.name}}}}}]]")


def _serialized(summary: Any) -> np.ndarray:
    return np.array(summary.SerializeToString(), object)


def _text(tag: np.ndarray) -> str:
    return bytes(tag.item()).decode(errors="replace")


def _scalar_tag(op: Operation, tag: np.ndarray) -> str:
    if tag.ndim:
        _fail(op, "Tags must be a scalar" if "Image" in op.type else "tag must be scalar")
    return _text(tag)


def _shape_text(array: np.ndarray) -> str:
    return f"[{','.join(map(str, array.shape))}]"


SCALAR_SUMMARY = _register("ScalarSummary", "tags: string, values: T", {"T": _REAL})


@SCALAR_SUMMARY.kernel
def _scalar_summary(
    xp: Namespace, tags: np.ndarray, values: np.ndarray, *, op: Operation
) -> np.ndarray:
    from evergraph import protos

    if tags.shape != values.shape:
        hint = f" (tag '{_text(tags)}')" if tags.size == 1 else ""
        _fail(
            op,
            "tags and values not the same shape: "
            f"{_shape_text(tags)} != {_shape_text(values)}{hint}",
        )
    summary = protos.Summary()
    for tag, value in zip(tags.reshape(-1), values.reshape(-1), strict=True):
        summary.value.add(tag=bytes(tag), simple_value=float(value))
    return _serialized(summary)


HISTOGRAM_SUMMARY = _register(
    "HistogramSummary", "tag: string, values: T", {"T": (_REAL, dtypes.float32)}
)


@HISTOGRAM_SUMMARY.kernel
def _histogram_summary(
    xp: Namespace, tag: np.ndarray, values: np.ndarray, *, op: Operation
) -> np.ndarray:
    from evergraph import protos
    from evergraph.formats.histogram import histogram_proto

    text = _scalar_tag(op, tag)
    numbers = values.astype(np.float64)
    if not np.isfinite(numbers).all():
        word = "Nan" if np.isnan(numbers).any() else "Infinity"
        _fail(op, f"{word} in summary histogram for: {op.name}")
    value = protos.Summary.Value(tag=text, histo=histogram_proto(numbers))
    return _serialized(protos.Summary(value=[value]))


MERGE_SUMMARY = _register("MergeSummary", "inputs: N * string", {"N": "int >= 1"})


@MERGE_SUMMARY.kernel
def _merge_summary(xp: Namespace, inputs: Sequence[np.ndarray], *, op: Operation) -> np.ndarray:
    from google.protobuf.message import DecodeError

    from evergraph import protos

    merged = protos.Summary()
    seen: set[str] = set()
    for data in (item for array in inputs for item in array.reshape(-1)):
        try:
            summary = protos.Summary.FromString(bytes(data))
        except DecodeError:
            _fail(op, "Could not parse one of the summary inputs")
        for value in summary.value:
            if value.tag and value.tag in seen:
                _fail(op, f"Duplicate tag {value.tag} found in summary inputs")
            seen.add(value.tag)
            merged.value.append(value)
    return _serialized(merged)


IMAGE_SUMMARY = _register(
    "ImageSummary",
    "tag: string, tensor: T",
    {
        "max_images": "int >= 1 = 3",
        "T": ((dtypes.uint8, dtypes.float32, dtypes.float16, dtypes.float64), dtypes.float32),
        "bad_color": AttrDef("bad_color", "tensor", _RED),
    },
)


@IMAGE_SUMMARY.kernel
def _image_summary(
    xp: Namespace,
    tag: np.ndarray,
    tensor: np.ndarray,
    *,
    max_images: int,
    bad_color: np.ndarray,
    op: Operation,
) -> np.ndarray:
    from evergraph import protos
    from evergraph.formats.png import encode_png

    text = _scalar_tag(op, tag)
    if tensor.ndim != 4 or tensor.shape[3] not in (1, 3, 4):
        _fail(op, f"Tensor must be 4-D with last dim 1, 3, or 4, not {_shape_text(tensor)}")
    _, height, width, depth = tensor.shape
    if tensor.dtype != np.uint8 and bad_color.size < depth:
        _fail(op, f"expected depth <= bad_color.size, got depth = {depth}, {bad_color.size}")
    summary = protos.Summary()
    for i, pixels in enumerate(tensor[:max_images]):
        pixels = pixels if pixels.dtype == np.uint8 else _to_bytes(pixels, bad_color[:depth])
        image = protos.Summary.Image(
            height=height,
            width=width,
            colorspace=depth,
            encoded_image_string=encode_png(pixels),
        )
        name = f"{text}/image/{i}" if max_images > 1 else f"{text}/image"
        summary.value.add(tag=name, image=image)
    return _serialized(summary)


def _to_bytes(pixels: np.ndarray, bad_color: np.ndarray) -> np.ndarray:
    """Float pixels scaled to 0..255; around 128 when one is negative; `bad_color` if not finite."""
    kind = pixels.dtype.type
    is_finite = np.isfinite(pixels).all(axis=-1)
    finite = pixels[is_finite]
    lowest, highest = (finite.min(), finite.max()) if finite.size else (kind(0), kind(0))
    largest, top, offset = (
        (max(abs(lowest), abs(highest)), 127, kind(128)) if lowest < 0 else (highest, 255, kind(0))
    )
    # Below this, 1.15 shows the image as black (or grey).
    scale = kind(0) if largest < kind(1e-6) else kind(top) / largest
    result = np.empty(pixels.shape, np.uint8)
    result[is_finite] = (finite * scale + offset).astype(np.uint8)
    result[~is_finite] = bad_color
    return result


AUDIO_SUMMARY = _register(
    "AudioSummary",
    "tag: string, tensor: float",
    {"sample_rate": "float", "max_outputs": "int >= 1 = 3"},
    deprecated="Use AudioSummaryV2.",
)


@AUDIO_SUMMARY.kernel
def _audio_summary(
    xp: Namespace,
    tag: np.ndarray,
    tensor: np.ndarray,
    *,
    sample_rate: float,
    max_outputs: int,
    op: Operation,
) -> np.ndarray:
    return _audio(tag, tensor, float(sample_rate), max_outputs, op)


AUDIO_SUMMARY_V2 = _register(
    "AudioSummaryV2",
    "tag: string, tensor: float, sample_rate: float",
    {"max_outputs": "int >= 1 = 3"},
)


@AUDIO_SUMMARY_V2.kernel
def _audio_summary_v2(
    xp: Namespace,
    tag: np.ndarray,
    tensor: np.ndarray,
    sample_rate: np.ndarray,
    *,
    max_outputs: int,
    op: Operation,
) -> np.ndarray:
    return _audio(tag, tensor, float(sample_rate.item()), max_outputs, op)


def _audio(
    tag: np.ndarray, tensor: np.ndarray, sample_rate: float, max_outputs: int, op: Operation
) -> np.ndarray:
    from evergraph import protos
    from evergraph.formats.wav import encode_wav

    if tag.ndim:
        _fail(op, "Tag must be a scalar")
    if tensor.ndim not in (2, 3):
        _fail(op, f"Tensor must be 3-D or 2-D, got: {_shape_text(tensor)}")
    if sample_rate <= 0:
        _fail(op, "sample_rate must be > 0")
    frames = tensor.shape[1]
    channels = tensor.shape[2] if tensor.ndim == 3 else 1
    summary = protos.Summary()
    for i, clip in enumerate(tensor[:max_outputs]):
        audio = protos.Summary.Audio(
            sample_rate=sample_rate,
            num_channels=channels,
            length_frames=frames,
            content_type="audio/wav",
            encoded_audio_string=encode_wav(clip.reshape(frames, channels), int(sample_rate)),
        )
        name = f"{_text(tag)}/audio/{i}" if max_outputs > 1 else f"{_text(tag)}/audio"
        summary.value.add(tag=name, audio=audio)
    return _serialized(summary)


TENSOR_SUMMARY = _register(
    "TensorSummary",
    "tensor: T",
    {
        "T": "type",
        "description": "string = ''",
        "labels": "list(string) = []",
        "display_name": "string = ''",
    },
)


@TENSOR_SUMMARY.kernel
def _tensor_summary(xp: Namespace, tensor: np.ndarray, *, T: Any, op: Operation) -> np.ndarray:
    from evergraph import protos

    value = protos.Summary.Value(node_name=op.name, tensor=_tensor_proto(tensor, T))
    return _serialized(protos.Summary(value=[value]))


TENSOR_SUMMARY_V2 = _register(
    "TensorSummaryV2",
    "tag: string, tensor: T, serialized_summary_metadata: string",
    {"T": "type"},
)


@TENSOR_SUMMARY_V2.kernel
def _tensor_summary_v2(
    xp: Namespace,
    tag: np.ndarray,
    tensor: np.ndarray,
    serialized_summary_metadata: np.ndarray,
    *,
    T: Any,
    op: Operation,
) -> np.ndarray:
    from evergraph import protos

    if tag.ndim:
        _fail(op, "tag must be scalar")
    if serialized_summary_metadata.ndim:
        _fail(op, "serialized_summary_metadata must be scalar")
    value = protos.Summary.Value(tag=_text(tag), tensor=_tensor_proto(tensor, T))
    value.metadata.ParseFromString(bytes(serialized_summary_metadata.item()))
    return _serialized(protos.Summary(value=[value]))


def _tensor_proto(tensor: np.ndarray, dtype: dtypes.DType) -> Any:
    """The TensorProto of a value: text listed, all else as bytes, a single number too."""
    from evergraph import protos
    from evergraph.formats import tensor_bytes

    proto = protos.TensorProto(dtype=dtype.as_datatype_enum)
    proto.tensor_shape.SetInParent()
    for size in tensor.shape:
        proto.tensor_shape.dim.add(size=size)
    if dtype is dtypes.string:
        proto.string_val.extend(_byte_strings(tensor))
    else:
        proto.tensor_content = tensor_bytes.encode(tensor, dtype)[0]
    return proto


def _byte_strings(tensor: np.ndarray) -> Iterator[bytes]:
    return (bytes(item) for item in tensor.reshape(-1))
