"""tf.summary: operations whose values are serialized Summary messages.

A summary's tag is the name of its operation, scopes included; characters that a name can't have
become "_".

Reference: TensorFlow 1.15, tensorflow/python/summary/summary.py and ops/summary_op_util.py.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from evergraph import protos
from evergraph.core import dtypes
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.keys import GraphKeys
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import add_to_collections, get_collection, name_scope
from evergraph.ops.summary import (
    AUDIO_SUMMARY_V2,
    HISTOGRAM_SUMMARY,
    IMAGE_SUMMARY,
    MERGE_SUMMARY,
    SCALAR_SUMMARY,
    TENSOR_SUMMARY_V2,
)

_ILLEGAL = re.compile(r"[^-/\w.]")


def clean_tag(name: str | None) -> str | None:
    """`name` with "_" for each character that an operation's name can't have."""
    if name is None:
        return None
    cleaned = _ILLEGAL.sub("_", name).lstrip("/")
    if cleaned != name:
        message = "Summary name %s is illegal; using %s instead."
        logging.getLogger("tensorflow").info(message, name, cleaned)
    return cleaned


def collect(value: Tensor, collections: Any, default_collections: Sequence[str]) -> None:
    """Add `value` to `collections`, to the default ones when that is None."""
    add_to_collections(default_collections if collections is None else collections, value)


@contextmanager
def summary_scope(
    name: str | None,
    family: str | None = None,
    default_name: str | None = None,
    values: Any = None,
) -> Iterator[tuple[str, str]]:
    """The scope of one summary: (its tag, the name of its operation).

    Args:
        name: the summary's name.
        family: prefix of the tag, and a scope around the operation.
        default_name: name if `name` is None.
        values: tensors of the summary.
    """
    name = clean_tag(name)
    family = clean_tag(family)
    base = name if family is None else f"{family}/{name}"
    with name_scope(base, default_name, values) as scope:
        tag = scope.rstrip("/")
        yield tag if family is None else f"{family}/{tag}", scope


def scalar(name: str, tensor: Any, collections: Any = None, family: str | None = None) -> Tensor:
    """A summary of one number.

    Args:
        name: name of the operation; the tag is this within the current scopes.
        tensor: real scalar.
        collections: graph collections to add it to, ["summaries"] when None.
        family: prefix of the tag, by which TensorBoard groups.

    Returns:
        Scalar string tensor, a serialized Summary.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/summary_op.cc.
    """
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        value: Tensor = SCALAR_SUMMARY(tag, tensor, name=scope)
        collect(value, collections, [GraphKeys.SUMMARIES])
    return value


def histogram(name: str, values: Any, collections: Any = None, family: str | None = None) -> Tensor:
    """A summary of how the elements of `values` are distributed.

    Running it with an element that is infinite or NaN is an InvalidArgumentError.

    Args:
        name: name of the operation; the tag is this within the current scopes.
        values: real tensor of any shape.
        collections: graph collections to add it to, ["summaries"] when None.
        family: prefix of the tag, by which TensorBoard groups.

    Returns:
        Scalar string tensor, a serialized Summary.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/summary_op.cc.
    """
    with summary_scope(name, family, values=[values], default_name="HistogramSummary") as (
        tag,
        scope,
    ):
        value: Tensor = HISTOGRAM_SUMMARY(tag, values, name=scope)
        collect(value, collections, [GraphKeys.SUMMARIES])
    return value


def image(
    name: str,
    tensor: Any,
    max_outputs: int = 3,
    collections: Any = None,
    family: str | None = None,
) -> Tensor:
    """A summary of images, as PNG.

    Float pixels are scaled, each image for itself: the largest becomes 255; when one is negative, 0
    becomes 128 and the largest magnitude 127 from there. Pixels that aren't finite become red.

    Args:
        name: name of the operation; tags are `name/image/0` ..., or `name/image` for one output.
        tensor: `[batch, height, width, channels]`, uint8 or floating, 1, 3 or 4 channels.
        max_outputs: at most so many images of the batch.
        collections: graph collections to add it to, ["summaries"] when None.
        family: prefix of the tag, by which TensorBoard groups.

    Returns:
        Scalar string tensor, a serialized Summary.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/summary_image_op.cc.
    """
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        value: Tensor = IMAGE_SUMMARY(tag, tensor, max_images=max_outputs, name=scope)
        collect(value, collections, [GraphKeys.SUMMARIES])
    return value


def audio(
    name: str,
    tensor: Any,
    sample_rate: Any,
    max_outputs: int = 3,
    collections: Any = None,
    family: str | None = None,
) -> Tensor:
    """A summary of sounds, as 16-bit WAV.

    Args:
        name: name of the operation; tags are `name/audio/0` ..., or `name/audio` for one output.
        tensor: float32 `[batch, frames, channels]` or `[batch, frames]`, -1 to 1.
        sample_rate: frames per second.
        max_outputs: at most so many sounds of the batch.
        collections: graph collections to add it to, ["summaries"] when None.
        family: prefix of the tag, by which TensorBoard groups.

    Returns:
        Scalar string tensor, a serialized Summary.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/summary_audio_op.cc.
    """
    with summary_scope(name, family=family, values=[tensor]) as (tag, scope):
        rate = convert_to_tensor(sample_rate, dtypes.float32, "sample_rate")
        value: Tensor = AUDIO_SUMMARY_V2(tag, tensor, rate, max_outputs=max_outputs, name=scope)
        collect(value, collections, [GraphKeys.SUMMARIES])
    return value


def tensor_summary(
    name: str,
    tensor: Any,
    summary_description: str | None = None,
    collections: Any = None,
    summary_metadata: Any = None,
    family: str | None = None,
    display_name: str | None = None,
) -> Tensor:
    """A summary that holds a tensor as it is.

    Args:
        name: name of the operation; the tag is this within the current scopes.
        tensor: any tensor.
        summary_description: text for TensorBoard.
        collections: graph collections to add it to, ["summaries"] when None.
        summary_metadata: SummaryMetadata: which plugin shows it.
        family: prefix of the tag, by which TensorBoard groups.
        display_name: name for TensorBoard.

    Returns:
        Scalar string tensor, a serialized Summary.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/summary_tensor_op.cc.
    """
    metadata = protos.SummaryMetadata()
    if summary_metadata is not None:
        metadata.CopyFrom(protos.convert(summary_metadata, protos.SummaryMetadata))
    if summary_description is not None:
        metadata.summary_description = summary_description
    if display_name is not None:
        metadata.display_name = display_name
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        value: Tensor = TENSOR_SUMMARY_V2(tag, tensor, metadata.SerializeToString(), name=scope)
        collect(value, collections, [GraphKeys.SUMMARIES])
    return value


def text(name: str, tensor: Tensor, collections: Any = None) -> Tensor:
    """A summary of text, which TensorBoard shows as Markdown; a tensor of strings as a table.

    Args:
        name: name of the operation; the tag is this within the current scopes.
        tensor: string tensor.
        collections: graph collections to add it to, ["summaries"] when None.

    Raises:
        ValueError: `tensor` isn't a string tensor.

    Reference: TensorFlow 1.15, tensorflow/python/summary/text_summary.py.
    """
    if tensor.dtype != dtypes.string:
        raise ValueError(f"Expected tensor {tensor.name} to have dtype string, got {tensor.dtype}")
    metadata = protos.SummaryMetadata()
    metadata.plugin_data.plugin_name = "text"
    return tensor_summary(name, tensor, collections=collections, summary_metadata=metadata)


def merge(inputs: Sequence[Tensor], collections: Any = None, name: str | None = None) -> Tensor:
    """One summary of the values of several.

    Running it is an InvalidArgumentError when two values have the same tag.

    Args:
        inputs: string tensors, serialized summaries.
        collections: graph collections to add it to; none when None.
        name: name of the operation.

    Raises:
        TypeError: `inputs` isn't a list.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/summary_op.cc.
    """
    if not isinstance(inputs, list | tuple):
        raise TypeError(
            f"Expected list for 'inputs' argument to 'merge_summary' Op, not {inputs!r}."
        )
    with name_scope(clean_tag(name), "Merge", inputs):
        value: Tensor = MERGE_SUMMARY(list(inputs), name=clean_tag(name))
        collect(value, collections, [])
    return value


def merge_all(
    key: Any = GraphKeys.SUMMARIES, scope: str | None = None, name: str | None = None
) -> Tensor | None:
    """`merge` of all summaries of a collection; None when there are none.

    Args:
        key: the collection.
        scope: only summaries whose name this regular expression matches from the start.
        name: name of the operation.
    """
    found = get_collection(key, scope=scope)
    return merge(found, name=name) if found else None


def get_summary_description(node_def: Any) -> Any:
    """The SummaryDescription that a NodeDef of a TensorSummary holds.

    Raises:
        ValueError: the node is of another type.
    """
    if node_def.op != "TensorSummary":
        raise ValueError(f"Can't get_summary_description on {node_def.op}")
    from google.protobuf import json_format

    description = protos.SummaryDescription()
    json_format.Parse(node_def.attr["description"].s.decode(), description)
    return description
