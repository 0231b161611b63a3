"""The histograms of summaries: exponential buckets, each limit 1.1 times the one before.

Limits are -MAX, -(1e-12 * 1.1^k) descending, 0, 1e-12 * 1.1^k while below 1e20, MAX (double's
largest number); a value counts in the bucket of the first limit above it. In the message a run of
empty buckets is one entry with the last limit of the run.

Reference: TensorFlow 1.15, tensorflow/core/lib/histogram/histogram.cc.
"""

from __future__ import annotations

import functools
import sys
from typing import Any, Final

import numpy as np

from evergraph import protos

_LARGEST: Final = sys.float_info.max


@functools.cache
def bucket_limits() -> np.ndarray:
    """The upper limits of all buckets, ascending."""
    positive = []
    limit = 1e-12
    while limit < 1e20:
        positive.append(limit)
        limit *= 1.1  # repeated multiplication, rounded each time, as the files have it
    positive.append(_LARGEST)
    limits = np.array([*(-limit for limit in reversed(positive)), 0.0, *positive])
    limits.flags.writeable = False
    return limits


def histogram_proto(values: np.ndarray) -> Any:
    """The HistogramProto of finite `values` of any shape."""
    flat = np.asarray(values, np.float64).reshape(-1)
    limits = bucket_limits()
    proto = protos.HistogramProto(min=_LARGEST, max=-_LARGEST, num=flat.size)
    if not flat.size:
        proto.bucket_limit.append(_LARGEST)
        proto.bucket.append(0.0)
        return proto
    proto.min = flat.min()
    proto.max = flat.max()
    # Summed one after the other: NumPy's own sum adds in another order.
    proto.sum = np.add.accumulate(flat)[-1]
    proto.sum_squares = np.add.accumulate(flat * flat)[-1]
    places = np.searchsorted(limits, flat, side="right")
    counts = np.bincount(np.minimum(places, limits.size - 1), minlength=limits.size)
    is_full = counts > 0
    # Kept: every full bucket, and the last of each run of empty ones.
    is_kept = is_full | np.append(is_full[1:], True)
    proto.bucket_limit.extend(limits[is_kept].tolist())
    proto.bucket.extend(counts[is_kept].astype(np.float64).tolist())
    return proto
