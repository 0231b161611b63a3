"""Non-maximum suppression within each of several classes: CombinedNonMaxSuppression."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.box_selection import (
    check_scalar,
    check_unit,
    invalid,
    overlap_with,
    shape_text,
)
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import merge_dims, size_of_input, with_rank
from evergraph.registry.shape_inference import ShapeContext


def _combined_shape(c: ShapeContext) -> list[TensorShape]:
    boxes, scores = with_rank(c.inputs[0], 4).as_list(), with_rank(c.inputs[1], 3).as_list()
    for shape in c.inputs[2:]:
        with_rank(shape, 0)
    merge_dims(boxes[0], scores[0])
    merge_dims(boxes[1], scores[1])
    if boxes[3] not in (None, 4):
        raise ValueError(f"Dimension must be 4 but is {boxes[3]}")
    if None not in (boxes[2], scores[2]) and boxes[2] not in (1, scores[2]):
        raise ValueError(
            "third dimension of boxes must be either 1 or equal to the third dimension of scores"
        )
    total, per_class = size_of_input(c, 3), size_of_input(c, 2)
    if total is not None and total <= 0:
        raise ValueError("max_total_size should be > 0 ")
    size = total
    if c.attr("pad_per_class"):
        if per_class is not None and per_class <= 0:
            raise ValueError(
                "max_output_size_per_class must be > 0 if pad_per_class is set to true "
            )
        # An unknown size is -1 in TensorFlow's arithmetic, here too.
        sizes = [-1 if size is None else size for size in (total, per_class, scores[2])]
        least = min(sizes[0], sizes[1] * sizes[2])
        size = None if least < 0 else least
    batch = boxes[0]
    shapes = [[batch, size, 4], [batch, size], [batch, size], [batch]]
    return [TensorShape(shape) for shape in shapes]


COMBINED_NON_MAX_SUPPRESSION = register_op(
    "CombinedNonMaxSuppression",
    inputs=(
        "boxes: float, scores: float, max_output_size_per_class: int32, max_total_size: int32, "
        "iou_threshold: float, score_threshold: float"
    ),
    outputs=(
        "nmsed_boxes: float, nmsed_scores: float, nmsed_classes: float, valid_detections: int32"
    ),
    attrs={"pad_per_class": "bool = false", "clip_boxes": "bool = true"},
    shape=_combined_shape,
    numpy_only=True,
)


@COMBINED_NON_MAX_SUPPRESSION.kernel
def _combined_non_max_suppression(
    xp: Namespace,
    boxes: Array,
    scores: Array,
    max_output_size_per_class: Array,
    max_total_size: Array,
    iou_threshold: Array,
    score_threshold: Array,
    *,
    pad_per_class: bool,
    clip_boxes: bool,
) -> list[Array]:
    if boxes.shape[:1] != scores.shape[:1]:
        raise invalid("boxes and scores must have same batch size")
    check_scalar("max_size_per_class", max_output_size_per_class)
    check_scalar("max_total_size", max_total_size)
    if max_total_size <= 0:
        raise invalid("max_total_size must be > 0")
    check_scalar("iou_threshold", iou_threshold)
    check_scalar("score_threshold", score_threshold)
    check_unit(iou_threshold)
    if boxes.ndim != 4:
        raise invalid(f"boxes must be 4-D{shape_text(boxes)}")
    if boxes.shape[2] not in (1, scores.shape[-1]):
        raise invalid("third dimension of boxes must be either 1 or num classes")
    if boxes.shape[3] != 4:
        raise invalid("boxes must have 4 columns")
    if scores.ndim != 3:
        raise invalid(f"scores must be 3-D{shape_text(scores)}")
    if scores.shape[1] != boxes.shape[1]:
        raise invalid("scores has incompatible shape")
    batch, _, classes = scores.shape
    per_class, size = int(max_output_size_per_class), int(max_total_size)
    if pad_per_class:
        size = min(size, per_class * classes)
    all_boxes = np.zeros((batch, size, 4), np.float32)
    all_scores, all_classes = (np.zeros((batch, size), np.float32) for _ in range(2))
    counts = np.zeros(batch, np.int32)
    for item in range(batch):
        found = [
            (scores[item, k, kind], kind, boxes[item, k, kind if boxes.shape[2] > 1 else 0])
            for kind in range(classes)
            for k in _select_of_class(
                boxes[item, :, kind if boxes.shape[2] > 1 else 0],
                scores[item, :, kind],
                per_class,
                iou_threshold,
                score_threshold,
            )
        ]
        found = sorted(found, key=lambda one: -one[0])[:size]
        counts[item] = len(found)
        for row, (score, kind, box) in enumerate(found):
            all_scores[item, row], all_classes[item, row] = score, kind
            all_boxes[item, row] = np.clip(box, 0, 1) if clip_boxes else box
    return [all_boxes, all_scores, all_classes, counts]


def _select_of_class(
    boxes: Array, scores: Array, limit: int, threshold: Array, score_threshold: Array
) -> list[int]:
    """The boxes selected, best first; each at most once, and here an overlap must be larger."""
    overlap = overlap_with(boxes)
    order = np.argsort(-scores, kind="stable")
    is_out = ~(scores > score_threshold)
    selected: list[int] = []
    with np.errstate(all="ignore"):
        for k in order.tolist():
            if is_out[k]:
                continue
            if len(selected) == limit:
                break
            selected.append(k)
            is_out |= overlap(k) > threshold
    return selected


def combined_non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_per_class: bool = False,
    clip_boxes: bool = True,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Suppression within each class, and the best of all classes, for each item of a batch.

    Args:
        boxes: float32 `[batch, boxes, classes or 1, 4]`.
        scores: float32 `[batch, boxes, classes]`.
        max_output_size_per_class: int32 scalar, the most that are taken of a class.
        max_total_size: int32 scalar, the most that are taken of an item.
        iou_threshold: the overlap above which a box is left out.
        score_threshold: boxes must score more.
        pad_per_class: fill up to the smaller of `max_total_size` and that of all classes.
        clip_boxes: move the corners into [0, 1].
        name: name of the operations' scope; "combined_non_max_suppression" when None.

    Returns:
        (boxes `[batch, size, 4]`, scores `[batch, size]`, classes `[batch, size]` as float32,
        how many `[batch]`).

    Reference: TensorFlow 1.15, tensorflow/core/kernels/non_max_suppression_op.cc.
    """
    with name_scope(name, "combined_non_max_suppression"):
        iou_threshold = convert_to_tensor(iou_threshold, dtype=dtypes.float32, name="iou_threshold")
        score_threshold = convert_to_tensor(
            score_threshold, dtype=dtypes.float32, name="score_threshold"
        )
        result: tuple[Tensor, Tensor, Tensor, Tensor] = COMBINED_NON_MAX_SUPPRESSION(
            boxes,
            scores,
            max_output_size_per_class,
            max_total_size,
            iou_threshold,
            score_threshold,
            pad_per_class=pad_per_class,
            clip_boxes=clip_boxes,
        )
        return result
