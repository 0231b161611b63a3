"""Choosing boxes by score and overlap: what the kernels of non-maximum suppression share."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

import numpy as np

from evergraph.core.errors import InvalidArgumentError
from evergraph.core.typing import Array


def invalid(message: str) -> InvalidArgumentError:
    """An InvalidArgumentError of a kernel."""
    error: InvalidArgumentError = InvalidArgumentError(None, None, message)
    return error


def shape_text(x: Array) -> str:
    """The shape of `x` as TensorFlow's messages have it."""
    return "[" + ",".join(map(str, np.shape(x))) + "]"


def check_scalar(word: str, value: Array) -> None:
    """Refuse what is no scalar."""
    if np.ndim(value) != 0:
        raise invalid(f"{word} must be 0-D, got shape {shape_text(value)}")


def check_unit(threshold: Any) -> None:
    """Refuse a threshold outside of [0, 1]."""
    if not 0 <= threshold <= 1:
        raise invalid("iou_threshold must be in [0, 1]")


def check_scores(scores: Array, count: int) -> None:
    """Refuse what is no vector of `count` scores."""
    if scores.ndim != 1:
        raise invalid(f"scores must be 1-D{shape_text(scores)}")
    if scores.size != count:
        raise invalid("scores has incompatible shape")


def check_boxes(boxes: Array, scores: Array) -> None:
    """Refuse boxes that aren't `[boxes, 4]`, and scores that don't belong to them."""
    if boxes.ndim != 2:
        raise invalid(f"boxes must be 2-D{shape_text(boxes)}")
    if boxes.shape[1] != 4:
        raise invalid("boxes must have 4 columns")
    check_scores(scores, boxes.shape[0])


def overlap_with(boxes: Array) -> Callable[[int], Array]:
    """A function of k: the intersection over union of each box with box k; 0 for empty boxes."""
    y, x = boxes[:, 0::2], boxes[:, 1::2]
    top, bottom, left, right = y.min(1), y.max(1), x.min(1), x.max(1)
    area = (bottom - top) * (right - left)
    zero = boxes.dtype.type(0)

    def overlap(k: int) -> Array:
        height = np.minimum(bottom, bottom[k]) - np.maximum(top, top[k])
        width = np.minimum(right, right[k]) - np.maximum(left, left[k])
        shared = np.maximum(height, zero) * np.maximum(width, zero)
        ratio = shared / (area + area[k] - shared)
        return np.where((area <= 0) | (area[k] <= 0), zero, ratio)

    return overlap


class _Candidate:
    """A box that may be selected; `checked` selected boxes have been compared with it already."""

    __slots__ = ("checked", "index", "score")

    def __init__(self, index: int, score: Any) -> None:
        self.index, self.score, self.checked = index, score, 0

    def __lt__(self, other: _Candidate) -> bool:
        return bool(self.score > other.score)


def select_boxes(
    scores: Array,
    limit: int,
    similarity: Callable[[int], Array],
    threshold: Any,
    score_threshold: Any,
    sigma: Any = 0,
) -> tuple[list[int], list[Any]]:
    """The boxes selected, best first, and their scores.

    As in TensorFlow 1.15 a selected box stays among the candidates, and is selected again when its
    overlap with itself is below the threshold: empty boxes are. Of equal scores that comes first
    which `std::priority_queue` would give, as `heapq` does.
    """
    if limit < 0:
        raise invalid("output size must be non-negative")
    number = scores.dtype.type
    scale = number(-0.5) / number(sigma) if sigma > 0 else number(0)
    queue: list[_Candidate] = []
    for index in np.flatnonzero(scores > score_threshold).tolist():
        heapq.heappush(queue, _Candidate(index, scores[index]))
    selected: list[int] = []
    kept: list[Any] = []
    # Where nothing is weakened, the last selected box that overlaps each too much says enough.
    last_hit = np.full(scores.size, -1)
    rows: list[Array] | None = [] if sigma > 0 else None
    while queue and len(selected) < limit:
        best = heapq.heappop(queue)
        before, start = best.score, best.checked
        best.checked = len(selected)
        if rows is None:
            is_hit = last_hit[best.index] >= start
        else:
            is_hit = _weaken(best, rows[start:], threshold, score_threshold, scale)
        if is_hit:
            continue
        if best.score == before:
            row = similarity(best.index)
            if rows is None and np.isnan(row).any():
                rows = [similarity(k) for k in selected]
            if rows is not None:
                rows.append(row)
            last_hit[row >= threshold] = len(selected)
            selected.append(best.index)
            kept.append(best.score)
        if best.score > score_threshold:
            heapq.heappush(queue, best)
    return selected, kept


def _weaken(
    candidate: _Candidate, rows: list[Array], threshold: Any, score_threshold: Any, scale: Any
) -> bool:
    """Lower a score by its overlaps with selected boxes; whether one of them is too large."""
    number = type(candidate.score)
    for row in reversed(rows):
        overlap = row[candidate.index]
        weight = number(np.exp(np.float32(scale * overlap * overlap)))
        candidate.score = candidate.score * (weight if overlap <= threshold else number(0))
        if overlap >= threshold:
            return True
        if candidate.score <= score_threshold:
            break
    return False
