"""0.x's summary functions: the tag is given, and doesn't follow the name scope.

Reference: TensorFlow 0.12, tensorflow/python/ops/logging_ops.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evergraph.core import dtypes
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.keys import GraphKeys
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import get_collection, name_scope
from evergraph.ops.summary import (
    AUDIO_SUMMARY_V2,
    HISTOGRAM_SUMMARY,
    IMAGE_SUMMARY,
    MERGE_SUMMARY,
    SCALAR_SUMMARY,
)
from evergraph.summary.summaries import collect


def scalar_summary(tags: Any, values: Any, collections: Any = None, name: Any = None) -> Tensor:
    """A summary of one number per tag.

    Args:
        tags: the tag, or tags in the shape of `values`.
        values: real tensor.
        collections: graph collections to add it to, ["summaries"] when None.
        name: name of the operation; "ScalarSummary" when None.
    """
    with name_scope(name, "ScalarSummary", [tags, values]) as scope:
        value: Tensor = SCALAR_SUMMARY(tags, values, name=scope)
        collect(value, collections, [GraphKeys.SUMMARIES])
    return value


def histogram_summary(tag: Any, values: Any, collections: Any = None, name: Any = None) -> Tensor:
    """A summary of how the elements of `values` are distributed, under the tag `tag`."""
    with name_scope(name, "HistogramSummary", [tag, values]) as scope:
        value: Tensor = HISTOGRAM_SUMMARY(tag, values, name=scope)
        collect(value, collections, [GraphKeys.SUMMARIES])
    return value


def image_summary(
    tag: Any, tensor: Any, max_images: int = 3, collections: Any = None, name: Any = None
) -> Tensor:
    """A summary of at most `max_images` images, under the tags `tag/image/0` ..."""
    with name_scope(name, "ImageSummary", [tag, tensor]) as scope:
        value: Tensor = IMAGE_SUMMARY(tag, tensor, max_images=max_images, name=scope)
        collect(value, collections, [GraphKeys.SUMMARIES])
    return value


def audio_summary(
    tag: Any,
    tensor: Any,
    sample_rate: Any,
    max_outputs: int = 3,
    collections: Any = None,
    name: Any = None,
) -> Tensor:
    """A summary of at most `max_outputs` sounds, under the tags `tag/audio/0` ..."""
    with name_scope(name, "AudioSummary", [tag, tensor]) as scope:
        rate = convert_to_tensor(sample_rate, dtypes.float32, "sample_rate")
        value: Tensor = AUDIO_SUMMARY_V2(tag, tensor, rate, max_outputs=max_outputs, name=scope)
        collect(value, collections, [GraphKeys.SUMMARIES])
    return value


def merge_summary(inputs: Sequence[Tensor], collections: Any = None, name: Any = None) -> Tensor:
    """One summary of the values of several."""
    with name_scope(name, "MergeSummary", inputs):
        value: Tensor = MERGE_SUMMARY(list(inputs), name=name)
        collect(value, collections, [])
    return value


def merge_all_summaries(key: Any = GraphKeys.SUMMARIES) -> Tensor | None:
    """`merge_summary` of all summaries of a collection; None when there are none."""
    found = get_collection(key)
    return merge_summary(found) if found else None
