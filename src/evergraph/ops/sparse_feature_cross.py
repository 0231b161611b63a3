"""Crossed features of tf.contrib.layers: SparseFeatureCross and SparseFeatureCrossV2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.fingerprint import fingerprint_cat64
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import SparseTensor
from evergraph.ops.sparse_cross import cross_inputs, crossed_features
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_inference import ShapeContext

_KINDS = "{int64, string}"
_INPUTS = "indices: N * int64, values: sparse_types, shapes: N * int64, dense: dense_types"
_OUTPUTS = "output_indices: int64, output_values: out_type, output_shape: int64"
_TYPES = {
    "sparse_types": f"list({_KINDS}) >= 0",
    "dense_types": f"list({_KINDS}) >= 0",
    "out_type": _KINDS,
    "internal_type": _KINDS,
}
_SEED = 0xDECAFCAFFE


def _cross_shape(c: ShapeContext) -> list[TensorShape]:
    return [TensorShape([None, 2]), TensorShape([None]), TensorShape([2])]


def _combined(first: Array, second: Array) -> Array:
    """The older way to make one hash of two: signed numbers that wrap."""
    a, b = first.astype(np.int64), second.astype(np.int64)
    with np.errstate(over="ignore"):
        salt = np.int64(0x9E3779B97F4A7800 - 2**64)
        mixed: Array = (a ^ (b + salt + (a << 10) + (a >> 4))).astype(np.uint64)
        return mixed


SPARSE_FEATURE_CROSS = register_op(
    "SparseFeatureCross",
    inputs=_INPUTS,
    outputs=_OUTPUTS,
    attrs={"N": "int >= 0", "hashed_output": "bool", "num_buckets": "int >= 0", **_TYPES},
    shape=_cross_shape,
    numpy_only=True,
).no_gradient()


@SPARSE_FEATURE_CROSS.kernel
def _sparse_feature_cross(
    xp: Namespace,
    indices: Sequence[Array],
    values: Sequence[Array],
    shapes: Sequence[Array],
    dense: Sequence[Array],
    *,
    hashed_output: bool,
    num_buckets: int,
) -> list[Array]:
    hashed = (num_buckets, _SEED, _combined) if hashed_output else None
    return crossed_features(xp, indices, values, shapes, dense, hashed)


SPARSE_FEATURE_CROSS_V2 = register_op(
    "SparseFeatureCrossV2",
    inputs=_INPUTS,
    outputs=_OUTPUTS,
    attrs={
        "N": "int >= 0",
        "hashed_output": "bool",
        "num_buckets": "int >= 0",
        "hash_key": "int",
        **_TYPES,
    },
    shape=_cross_shape,
    numpy_only=True,
).no_gradient()


@SPARSE_FEATURE_CROSS_V2.kernel
def _sparse_feature_cross_v2(
    xp: Namespace,
    indices: Sequence[Array],
    values: Sequence[Array],
    shapes: Sequence[Array],
    dense: Sequence[Array],
    *,
    hashed_output: bool,
    num_buckets: int,
    hash_key: int,
) -> list[Array]:
    hashed = (num_buckets, hash_key, fingerprint_cat64) if hashed_output else None
    return crossed_features(xp, indices, values, shapes, dense, hashed)


def sparse_feature_cross(
    inputs: Any,
    hashed_output: bool = False,
    num_buckets: int = 0,
    name: str | None = None,
    hash_key: int | None = None,
) -> SparseTensor:
    """Every combination of the features of an example, as text `a_X_b` or as a number.

    Args:
        inputs: list of SparseTensors and Tensors `[batch, any]` of integers or strings.
        hashed_output: whether results are numbers.
        num_buckets: numbers lie in [0, num_buckets); in [0, 2**63 - 1) when it is 0.
        name: name of the operation; that of its type when None.
        hash_key: start of the fingerprints; an older way to combine hashes when None.

    Returns:
        SparseTensor of strings or int64.

    Raises:
        TypeError: `inputs` is no list of tensors.

    Reference: TensorFlow 1.15, tensorflow/contrib/layers/python/ops/sparse_feature_cross_op.py.
    """
    *parts, internal_type = cross_inputs(inputs)
    op_def = SPARSE_FEATURE_CROSS
    attrs: dict[str, Any] = {}
    if hash_key:
        op_def = SPARSE_FEATURE_CROSS_V2
        attrs["hash_key"] = hash_key
    return SparseTensor(
        *op_def(
            *parts,
            hashed_output=hashed_output,
            num_buckets=num_buckets,
            out_type=dtypes.int64 if hashed_output else dtypes.string,
            internal_type=internal_type,
            name=name,
            **attrs,
        )
    )
