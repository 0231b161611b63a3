"""Non-maximum suppression: of boxes that overlap, the one with the highest score."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.box_selection import (
    check_boxes,
    check_scalar,
    check_scores,
    check_unit,
    invalid,
    overlap_with,
    select_boxes,
    shape_text,
)
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import merge_dims, size_of_input, with_rank
from evergraph.registry.shape_inference import ShapeContext

_TYPES = {"T": "{half, float} = DT_FLOAT", "T_threshold": "{half, float} = DT_FLOAT"}

# --- shapes ---


def _selected_shape(c: ShapeContext) -> TensorShape:
    boxes, scores = with_rank(c.inputs[0], 2).as_list(), with_rank(c.inputs[1], 1).as_list()
    for shape in c.inputs[2:]:
        with_rank(shape, 0)
    merge_dims(boxes[0], scores[0])
    if boxes[1] not in (None, 4):
        raise ValueError(f"Dimension must be 4 but is {boxes[1]}")
    return TensorShape([None])


def _padded_shape(c: ShapeContext) -> list[TensorShape]:
    found = _selected_shape(c)
    if c.attr("pad_to_max_output_size"):
        found = TensorShape([size_of_input(c, 2)])
    return [found] * (c.output_count - 1) + [TensorShape([])]


def _overlaps_shape(c: ShapeContext) -> TensorShape:
    overlaps, scores = with_rank(c.inputs[0], 2).as_list(), with_rank(c.inputs[1], 1).as_list()
    for shape in c.inputs[2:]:
        with_rank(shape, 0)
    merge_dims(overlaps[0], scores[0])
    merge_dims(overlaps[0], overlaps[1])
    return TensorShape([None])


def _of_boxes(
    boxes: Array,
    scores: Array,
    limit: Array,
    iou_threshold: Array,
    score_threshold: Array | None = None,
    sigma: Array | None = None,
    *,
    pad: bool = False,
) -> tuple[Array, Array, Array]:
    """(indices, scores, how many): padded with zeros up to the limit, if asked to."""
    check_scalar("max_output_size", limit)
    number = scores.dtype.type
    check_scalar("iou_threshold", iou_threshold)
    check_unit(iou_threshold)
    lowest = np.asarray(np.finfo(number).min) if score_threshold is None else score_threshold
    check_scalar("score_threshold", lowest)
    weakening = np.zeros((), number) if sigma is None else sigma
    check_scalar("soft_nms_sigma", weakening)
    if weakening < 0:
        raise invalid("soft_nms_sigma_val must be >= 0")
    check_boxes(boxes, scores)
    with np.errstate(all="ignore"):
        selected, kept = select_boxes(
            scores,
            int(limit),
            overlap_with(boxes),
            number(iou_threshold),
            number(lowest),
            weakening[()],
        )
    size = int(limit) if pad else len(selected)
    indices, values = np.zeros(size, np.int32), np.zeros(size, scores.dtype)
    indices[: len(selected)], values[: len(selected)] = selected, kept
    return indices, values, np.asarray(len(selected), np.int32)


# --- ops ---

NON_MAX_SUPPRESSION = register_op(
    "NonMaxSuppression",
    inputs="boxes: float, scores: float, max_output_size: int32",
    outputs="selected_indices: int32",
    attrs={"iou_threshold": "float = 0.5"},
    shape=_selected_shape,
    numpy_only=True,
).no_gradient()


@NON_MAX_SUPPRESSION.kernel
def _non_max_suppression(
    xp: Namespace, boxes: Array, scores: Array, max_output_size: Array, *, iou_threshold: float
) -> Array:
    return _of_boxes(boxes, scores, max_output_size, np.float32(iou_threshold))[0]


NON_MAX_SUPPRESSION_V2 = register_op(
    "NonMaxSuppressionV2",
    inputs="boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold",
    outputs="selected_indices: int32",
    attrs=_TYPES,
    shape=_selected_shape,
    numpy_only=True,
).no_gradient()


@NON_MAX_SUPPRESSION_V2.kernel
def _non_max_suppression_v2(xp: Namespace, *inputs: Array) -> Array:
    return _of_boxes(*inputs)[0]


NON_MAX_SUPPRESSION_V3 = register_op(
    "NonMaxSuppressionV3",
    inputs=(
        "boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold, "
        "score_threshold: T_threshold"
    ),
    outputs="selected_indices: int32",
    attrs=_TYPES,
    shape=_selected_shape,
    numpy_only=True,
)


@NON_MAX_SUPPRESSION_V3.kernel
def _non_max_suppression_v3(xp: Namespace, *inputs: Array) -> Array:
    return _of_boxes(*inputs)[0]


NON_MAX_SUPPRESSION_V4 = register_op(
    "NonMaxSuppressionV4",
    inputs=(
        "boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold, "
        "score_threshold: T_threshold"
    ),
    outputs="selected_indices: int32, valid_outputs: int32",
    attrs={**_TYPES, "pad_to_max_output_size": "bool = false"},
    shape=_padded_shape,
    numpy_only=True,
)


@NON_MAX_SUPPRESSION_V4.kernel
def _non_max_suppression_v4(
    xp: Namespace, *inputs: Array, pad_to_max_output_size: bool
) -> list[Array]:
    indices, _, count = _of_boxes(*inputs, pad=pad_to_max_output_size)
    return [indices, count]


NON_MAX_SUPPRESSION_V5 = register_op(
    "NonMaxSuppressionV5",
    inputs=(
        "boxes: T, scores: T, max_output_size: int32, iou_threshold: T, score_threshold: T, "
        "soft_nms_sigma: T"
    ),
    outputs="selected_indices: int32, selected_scores: T, valid_outputs: int32",
    attrs={"T": _TYPES["T"], "pad_to_max_output_size": "bool = false"},
    shape=_padded_shape,
    numpy_only=True,
)


@NON_MAX_SUPPRESSION_V5.kernel
def _non_max_suppression_v5(
    xp: Namespace, *inputs: Array, pad_to_max_output_size: bool
) -> list[Array]:
    return list(_of_boxes(*inputs, pad=pad_to_max_output_size))


NON_MAX_SUPPRESSION_WITH_OVERLAPS = register_op(
    "NonMaxSuppressionWithOverlaps",
    inputs=(
        "overlaps: float, scores: float, max_output_size: int32, overlap_threshold: float, "
        "score_threshold: float"
    ),
    outputs="selected_indices: int32",
    shape=_overlaps_shape,
    numpy_only=True,
).no_gradient()


@NON_MAX_SUPPRESSION_WITH_OVERLAPS.kernel
def _non_max_suppression_with_overlaps(
    xp: Namespace,
    overlaps: Array,
    scores: Array,
    max_output_size: Array,
    overlap_threshold: Array,
    score_threshold: Array,
) -> Array:
    check_scalar("max_output_size", max_output_size)
    check_scalar("overlap_threshold", overlap_threshold)
    check_scalar("score_threshold", score_threshold)
    if overlaps.ndim != 2:
        raise invalid(f"overlaps must be 2-D{shape_text(overlaps)}")
    if overlaps.shape[0] != overlaps.shape[1]:
        raise invalid(f"overlaps must be square{shape_text(overlaps)}")
    check_scores(scores, overlaps.shape[0])
    selected, _ = select_boxes(
        scores,
        int(max_output_size),
        lambda k: overlaps[:, k],
        overlap_threshold[()],
        score_threshold[()],
    )
    return np.asarray(selected, np.int32)


# --- functions ---


def _thresholds(iou_threshold: Any, score_threshold: Any) -> tuple[Tensor, Tensor]:
    """Both as tensors of their own names."""
    return (
        convert_to_tensor(iou_threshold, name="iou_threshold"),
        convert_to_tensor(score_threshold, name="score_threshold"),
    )


def non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Tensor:
    """Take boxes by falling score, and leave out those that overlap one taken before.

    Args:
        boxes: `[boxes, 4]`, two opposite corners (y1, x1, y2, x2); half or float32.
        scores: `[boxes]`, of the same type.
        max_output_size: int32 scalar, the most that are taken.
        iou_threshold: the intersection over union from which on a box is left out.
        score_threshold: boxes must score more.
        name: name of the operations' scope; "non_max_suppression" when None.

    Returns:
        int32 vector: the boxes taken, best first.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/non_max_suppression_op.cc.
    """
    with name_scope(name, "non_max_suppression"):
        thresholds = _thresholds(iou_threshold, score_threshold)
        result: Tensor = NON_MAX_SUPPRESSION_V3(boxes, scores, max_output_size, *thresholds)
        return result


def non_max_suppression_with_scores(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    soft_nms_sigma: Any = 0.0,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """As `non_max_suppression`, where an overlap may lower a score instead (soft suppression).

    Args:
        boxes: `[boxes, 4]`.
        scores: `[boxes]`.
        max_output_size: int32 scalar, the most that are taken.
        iou_threshold: the overlap from which on a box is left out.
        score_threshold: boxes must score more.
        soft_nms_sigma: an overlap u multiplies the score by exp(-u^2 / (2 sigma)); 0 for never.
        name: name of the operations' scope; "non_max_suppression_with_scores" when None.

    Returns:
        (indices, scores): the boxes taken, best first, and what they score in the end.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/non_max_suppression_op.cc.
    """
    with name_scope(name, "non_max_suppression_with_scores"):
        thresholds = _thresholds(iou_threshold, score_threshold)
        sigma = convert_to_tensor(soft_nms_sigma, name="soft_nms_sigma")
        indices, values, _ = NON_MAX_SUPPRESSION_V5(
            boxes, scores, max_output_size, *thresholds, sigma, pad_to_max_output_size=False
        )
        return indices, values


def non_max_suppression_padded(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_to_max_output_size: bool = False,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """As `non_max_suppression`, with a result of known size.

    Args:
        boxes: `[boxes, 4]`.
        scores: `[boxes]`.
        max_output_size: int32 scalar, the most that are taken.
        iou_threshold: the overlap from which on a box is left out.
        score_threshold: boxes must score more.
        pad_to_max_output_size: fill the result up with zeros.
        name: name of the operations' scope; "non_max_suppression_padded" when None.

    Returns:
        (indices, count): the boxes taken, and how many these are.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/non_max_suppression_op.cc.
    """
    with name_scope(name, "non_max_suppression_padded"):
        thresholds = _thresholds(iou_threshold, score_threshold)
        result: tuple[Tensor, Tensor] = NON_MAX_SUPPRESSION_V4(
            boxes,
            scores,
            max_output_size,
            *thresholds,
            pad_to_max_output_size=pad_to_max_output_size,
        )
        return result


def non_max_suppression_with_overlaps(
    overlaps: Any,
    scores: Any,
    max_output_size: Any,
    overlap_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Tensor:
    """As `non_max_suppression`, with overlaps that were computed before.

    Args:
        overlaps: float32 `[boxes, boxes]`.
        scores: float32 `[boxes]`.
        max_output_size: int32 scalar, the most that are taken.
        overlap_threshold: the overlap from which on a box is left out.
        score_threshold: boxes must score more.
        name: name of the operations' scope; "non_max_suppression_overlaps" when None.

    Returns:
        int32 vector: the boxes taken, best first.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/non_max_suppression_op.cc.
    """
    with name_scope(name, "non_max_suppression_overlaps"):
        overlap_threshold = convert_to_tensor(overlap_threshold, name="overlap_threshold")
        result: Tensor = NON_MAX_SUPPRESSION_WITH_OVERLAPS(
            overlaps, scores, max_output_size, overlap_threshold, score_threshold
        )
        return result
