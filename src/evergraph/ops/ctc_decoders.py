"""Decoding of connectionist temporal classification: CTCGreedyDecoder, CTCBeamSearchDecoder."""

from __future__ import annotations

import heapq
import math
from typing import Any

import numpy as np

from evergraph.core.errors import FailedPreconditionError, InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import SparseTensor
from evergraph.graph.operation import Tensor
from evergraph.ops.ctc_loss import batch_of
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_inference import ShapeContext


def _greedy_shape(c: ShapeContext) -> list[TensorShape]:
    _, batch = batch_of(c, 1)
    shapes = [[None, 2], [None], [2], [batch, 1]]
    return [TensorShape(shape) for shape in shapes]


CTC_GREEDY_DECODER = register_op(
    "CTCGreedyDecoder",
    inputs="inputs: T, sequence_length: int32",
    outputs=(
        "decoded_indices: int64, decoded_values: int64, decoded_shape: int64, log_probability: T"
    ),
    attrs={"merge_repeated": "bool = false", "T": "{float, double} = DT_FLOAT"},
    shape=_greedy_shape,
    numpy_only=True,
).no_gradient()


@CTC_GREEDY_DECODER.kernel
def _ctc_greedy_decoder(
    xp: Namespace, inputs: Array, sequence_length: Array, *, merge_repeated: bool
) -> list[Array]:
    _check(inputs, sequence_length)
    time, batch, classes = inputs.shape
    best = np.argmax(inputs, 2) if classes else np.zeros((time, batch), np.int64)
    is_in = np.arange(time)[:, None] < sequence_length
    scores = np.take_along_axis(inputs, best[..., None], 2)[..., 0]
    total = np.zeros(batch, inputs.dtype)
    for row, is_row_in in zip(scores, is_in, strict=True):  # one after another, as floats add up
        total -= np.where(is_row_in, row, 0)
    is_kept = is_in & (best != classes - 1)
    if merge_repeated:
        is_kept[1:] &= best[1:] != best[:-1]
    paths = [best[is_kept[:, item], item].tolist() for item in range(batch)]
    return [*_as_sparse(paths), total[:, None]]


def _beam_shape(c: ShapeContext) -> list[TensorShape]:
    _, batch = batch_of(c, 1)
    count = int(c.attr("top_paths"))
    shapes = [[None, 2]] * count + [[None]] * count + [[2]] * count + [[batch, count]]
    return [TensorShape(shape) for shape in shapes]


CTC_BEAM_SEARCH_DECODER = register_op(
    "CTCBeamSearchDecoder",
    inputs="inputs: T, sequence_length: int32",
    outputs=(
        "decoded_indices: top_paths * int64, decoded_values: top_paths * int64, "
        "decoded_shape: top_paths * int64, log_probability: T"
    ),
    attrs={
        "beam_width": "int >= 1",
        "top_paths": "int >= 1",
        "merge_repeated": "bool = true",
        "T": "{float, double} = DT_FLOAT",
    },
    shape=_beam_shape,
    numpy_only=True,
).no_gradient()


@CTC_BEAM_SEARCH_DECODER.kernel
def _ctc_beam_search_decoder(
    xp: Namespace,
    inputs: Array,
    sequence_length: Array,
    *,
    beam_width: int,
    top_paths: int,
    merge_repeated: bool,
) -> list[Any]:
    _check(inputs, sequence_length)
    _, batch, _ = inputs.shape
    wide = inputs.astype(np.float64)
    scores = np.zeros((batch, top_paths), inputs.dtype)
    paths: list[list[list[int]]] = []
    for item, length in enumerate(sequence_length.tolist()):
        search = _Search(beam_width)
        with np.errstate(all="ignore"):
            for t in range(length):
                search.step(wide[t, item])
        found = search.best(top_paths)
        paths.append([entry.labels(merge_repeated) for entry in found])
        scores[item] = [entry.total for entry in found]
    sparse = [_as_sparse([item[k] for item in paths]) for k in range(top_paths)]
    indices, values, shapes = zip(*sparse, strict=True)
    return [*indices, *values, *shapes, scores]


def _check(inputs: Array, lengths: Array) -> None:
    if inputs.ndim != 3:
        raise InvalidArgumentError(None, None, "inputs is not a 3-Tensor")
    if inputs.shape[0] == 0:
        raise InvalidArgumentError(None, None, "max_time is 0")
    if lengths.ndim != 1:
        raise InvalidArgumentError(None, None, "sequence_length is not a vector")
    time, batch, _ = inputs.shape
    if batch != lengths.size:
        raise FailedPreconditionError(
            None,
            None,
            f"len(sequence_length) != batch_size.  len(sequence_length):  {lengths.size} "
            f"batch_size: {batch}",
        )
    for item, length in enumerate(lengths.tolist()):
        if length > time:
            raise FailedPreconditionError(None, None, f"sequence_length({item}) <= {time}")


def _as_sparse(paths: list[list[int]]) -> tuple[Array, Array, Array]:
    """Indices, values and dense shape of a batch of label sequences."""
    places = [(item, k) for item, path in enumerate(paths) for k in range(len(path))]
    indices = np.asarray(places, np.int64).reshape(-1, 2)
    values = np.asarray([label for path in paths for label in path], np.int64)
    longest = max(map(len, paths), default=0)
    return indices, values, np.asarray([len(paths), longest], np.int64)


_NONE = -math.inf


class _Entry:
    """A label sequence: its log probability now and a step before, and how it ends.

    Attributes:
        total: log probability; -inf when it isn't in the beam.
        blank, label: the parts of it that end in a blank, and in the last label.
        old_total, old_blank: `total` and `blank` of the step before.
    """

    __slots__ = ("blank", "children", "label", "last", "old_blank", "old_total", "parent", "total")

    def __init__(self, parent: _Entry | None, last: int) -> None:
        self.parent, self.last = parent, last
        self.total = self.blank = self.label = self.old_total = self.old_blank = _NONE
        self.children: dict[int, _Entry] = {}

    def __lt__(self, other: _Entry) -> bool:
        return self.total < other.total

    def labels(self, merge_repeated: bool) -> list[int]:
        """The sequence; with `merge_repeated` a label that follows itself only once."""
        found: list[int] = []
        entry, after = self, -1
        while entry.parent is not None:
            if not merge_repeated or entry.last != after:
                found.append(entry.last)
            after, entry = entry.last, entry.parent
        return found[::-1]


class _Best:
    """The `limit` best entries; of equal ones the same as TensorFlow's TopN keeps."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.entries: list[_Entry] = []
        self.is_heap = False
        self._knows_bottom = False

    def push(self, entry: _Entry) -> None:
        """Add an entry; beyond the limit the worst one goes."""
        entries = self.entries
        if self.is_heap:
            if entries[0] < entry:
                heapq.heapreplace(entries, entry)
            return
        entries.append(entry)
        if self._knows_bottom and not entries[0] < entry:
            entries[0], entries[-1] = entries[-1], entries[0]
        if len(entries) > self.limit:
            heapq.heapify(entries)
            heapq.heappop(entries)
            self.is_heap = True

    def bottom(self) -> _Entry:
        """The worst entry."""
        entries = self.entries
        if not self.is_heap and not self._knows_bottom:
            least = 0
            for i in range(1, len(entries)):
                if entries[i] < entries[least]:
                    least = i
            entries[0], entries[least] = entries[least], entries[0]
            self._knows_bottom = True
        return entries[0]

    def in_order(self) -> list[_Entry]:
        """The entries, best first."""
        if self.is_heap:
            heap = list(self.entries)
            return [heapq.heappop(heap) for _ in range(len(heap))][::-1]
        return sorted(self.entries, key=lambda entry: -entry.total)


def _log_of_sum(x: float, y: float) -> float:
    """log(e^x + e^y)."""
    if x < y:
        x, y = y, x
    return x if y == _NONE else x + math.log1p(math.exp(y - x))


class _Search:
    """Prefix beam search over one sequence."""

    def __init__(self, width: int) -> None:
        self.width = width
        root = _Entry(None, -1)
        root.total = root.blank = 0.0
        self.leaves = _Best(width)
        self.leaves.push(root)

    def step(self, logits: Array) -> None:
        """Go on by one time step."""
        highest = logits.max()
        log_p = logits - (highest + np.log(np.exp(logits - highest).sum()))
        branches = self.leaves.in_order()
        self.leaves = _Best(self.width)
        for entry in branches:
            entry.old_total, entry.old_blank = entry.total, entry.blank
        of_label = log_p.tolist()
        for entry in branches:
            self._stay(entry, of_label)
            self.leaves.push(entry)
        totals = np.asarray([entry.old_total for entry in branches])[:, None] + log_p[:-1]
        for row, entry in enumerate(branches):
            if entry.last >= 0:  # after a blank only
                totals[row, entry.last] = entry.old_blank + log_p[entry.last]
        # The bottom only rises: what is below it now needs no look.
        is_full = len(self.leaves.entries) >= self.width
        least = self.leaves.bottom().total if is_full else _NONE
        good: list[list[int]] = [[] for _ in branches]
        for row, last in np.argwhere(totals > least).tolist():
            good[row].append(last)
        for entry, row_totals, lasts in zip(branches, totals.tolist(), good, strict=True):
            if (lasts or entry.children) and self._is_candidate(entry.old_total):
                self._grow(entry, row_totals, lasts)

    def _stay(self, entry: _Entry, log_p: list[float]) -> None:
        """The probability of the same labels a step later."""
        parent = entry.parent
        if parent is not None:
            if parent.total != _NONE:
                is_repeated = entry.last == parent.last
                before = parent.old_blank if is_repeated else parent.old_total
                entry.label = _log_of_sum(entry.label, before)
            entry.label += log_p[entry.last]
        entry.blank = entry.old_total + log_p[-1]
        entry.total = _log_of_sum(entry.blank, entry.label)

    def _is_candidate(self, total: float) -> bool:
        if not total > _NONE:
            return False
        is_full = len(self.leaves.entries) >= self.width
        return not is_full or total > self.leaves.bottom().total

    def _grow(self, entry: _Entry, totals: list[float], lasts: list[int]) -> None:
        """Try the sequence with each of `lasts` after it.

        Sequences that exist are looked at in any case: those that have left the beam, or leave it
        in this loop, are given up.
        """
        children, leaves = entry.children, self.leaves
        if children:
            lasts = sorted({*lasts, *children})
        is_full = len(leaves.entries) >= self.width
        least = leaves.bottom().total if is_full else _NONE
        for last in lasts:
            total = totals[last]
            child = children.get(last)
            if child is None:
                if total <= least:
                    continue
                child = children[last] = _Entry(entry, last)
            elif child.total != _NONE:
                continue
            if total > least:
                child.blank, child.label, child.total = _NONE, total, total
                if is_full:
                    bottom = leaves.bottom()
                    bottom.total = bottom.blank = bottom.label = _NONE
                leaves.push(child)
                is_full = len(leaves.entries) >= self.width
                least = leaves.bottom().total if is_full else _NONE
            else:
                child.total = child.blank = child.label = _NONE
                child.old_total = child.old_blank = _NONE

    def best(self, count: int) -> list[_Entry]:
        """The `count` best sequences, best first."""
        if count > self.width:
            raise InvalidArgumentError(None, None, "requested more paths than the beam width.")
        if count > len(self.leaves.entries):
            raise InvalidArgumentError(None, None, "Less leaves in the beam search than requested.")
        best = _Best(count)
        for entry in self.leaves.entries:
            best.push(entry)
        return best.in_order()


def ctc_greedy_decoder(
    inputs: Any, sequence_length: Any, merge_repeated: bool = True
) -> tuple[list[SparseTensor], Tensor]:
    """The labels of the best class at each step, without blanks.

    Args:
        inputs: `[time, batch, classes]`, log probabilities; the last class is the blank.
        sequence_length: int32 `[batch]`, how many steps of each item count.
        merge_repeated: a class that is best in two steps running gives one label.

    Returns:
        ([decoded], neg_sum_logits): an int64 SparseTensor `[batch, longest]`, and `[batch, 1]`, the
        negative sum of the highest logits.

    Raises:
        tf.errors.FailedPreconditionError: while running, lengths and inputs don't fit together.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/ctc_decoder_ops.cc.
    """
    indices, values, shape, scores = CTC_GREEDY_DECODER(
        inputs, sequence_length, merge_repeated=merge_repeated
    )
    return [SparseTensor(indices, values, shape)], scores


def ctc_beam_search_decoder(
    inputs: Any,
    sequence_length: Any,
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
) -> tuple[list[SparseTensor], Tensor]:
    """The most probable label sequences, found by prefix beam search.

    Args:
        inputs: `[time, batch, classes]`, unscaled log probabilities; the last class is the blank.
        sequence_length: int32 `[batch]`, how many steps of each item count.
        beam_width: how many sequences are followed.
        top_paths: how many are returned, at most `beam_width`.
        merge_repeated: write a label that follows itself in a sequence only once.

    Returns:
        (decoded, log_probability): `top_paths` int64 SparseTensors `[batch, longest]`, best first,
        and `[batch, top_paths]`.

    Raises:
        tf.errors.InvalidArgumentError: while running, fewer sequences exist than are asked for.

    Reference: TensorFlow 1.15, tensorflow/core/util/ctc/ctc_beam_search.h.
    """
    indices, values, shapes, scores = CTC_BEAM_SEARCH_DECODER(
        inputs,
        sequence_length,
        beam_width=beam_width,
        top_paths=top_paths,
        merge_repeated=merge_repeated,
    )
    decoded = [SparseTensor(*parts) for parts in zip(indices, values, shapes, strict=True)]
    return decoded, scores


def ctc_beam_search_decoder_v2(
    inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[SparseTensor], Tensor]:
    """As `ctc_beam_search_decoder`, with repeated labels kept."""
    return ctc_beam_search_decoder(
        inputs,
        sequence_length=sequence_length,
        beam_width=beam_width,
        top_paths=top_paths,
        merge_repeated=False,
    )
