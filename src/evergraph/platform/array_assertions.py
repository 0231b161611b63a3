"""Assertions about arrays, tensors and nested structures of them.

Reference: TensorFlow 1.15, tensorflow/python/framework/test_util.py.
"""

from __future__ import annotations

import math
import unittest
from collections.abc import Mapping
from typing import Any

import ml_dtypes
import numpy as np

from evergraph.core import dtypes
from evergraph.graph.composite import IndexedSlices, SparseTensor
from evergraph.graph.operation import Tensor

_BFLOAT16 = np.dtype(ml_dtypes.bfloat16)


def _plain(array: np.ndarray) -> np.ndarray:
    """bfloat16 as float32, which NumPy can compare; anything else as it is."""
    return array.astype(np.float32) if array.dtype == _BFLOAT16 else array


def _is_symbolic(value: Any) -> bool:
    kinds = Tensor | IndexedSlices | SparseTensor
    return isinstance(value, kinds) or hasattr(value, "_as_graph_element")


def _without_fields(array: np.ndarray) -> np.ndarray:
    """The numbers of an array of a quantized type, which NumPy keeps as a structure."""
    names = array.dtype.names
    return array if names is None else array[names[0]]


class ArrayAssertions(unittest.TestCase):
    """The part of TestCase that compares arrays; `evaluate` gives the value of a tensor."""

    def evaluate(self, tensors: Any) -> Any:
        """The values of tensors."""
        raise NotImplementedError

    def _GetNdArray(self, a: Any) -> np.ndarray:
        if _is_symbolic(a):
            a = self.evaluate(a)
        elif isinstance(a, list | tuple) and any(_is_symbolic(part) for part in a):
            a = [self._GetNdArray(part) for part in a]
        return a if isinstance(a, np.ndarray) else np.array(a)

    # Closeness.

    def assertNear(self, f1: float, f2: float, err: float, msg: Any = None) -> None:
        """|f1 - f2| <= err."""
        self.assertTrue(
            f1 == f2 or math.fabs(f1 - f2) <= err,
            f"{f1:f} != {f2:f} +/- {err:f}{f' ({msg})' if msg is not None else ''}",
        )

    def assertArrayNear(self, farray1: Any, farray2: Any, err: float, msg: Any = None) -> None:
        """|a - b| <= err for each pair of the two lists."""
        self.assertEqual(len(farray1), len(farray2), msg)
        for one, two in zip(farray1, farray2, strict=True):
            self.assertNear(float(one), float(two), err, msg)

    def assertNDArrayNear(self, ndarray1: Any, ndarray2: Any, err: float, msg: Any = None) -> None:
        """The Euclidean norm of the difference is below `err`."""
        self.assertTrue(self._NDArrayNear(ndarray1, ndarray2, err), msg)

    def _NDArrayNear(self, ndarray1: Any, ndarray2: Any, err: float) -> bool:
        return bool(np.linalg.norm(np.subtract(ndarray1, ndarray2)) < err)

    def assertAllClose(
        self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: Any = None
    ) -> None:
        """|a - b| <= atol + rtol |b| everywhere in two arrays, or in two structures of arrays."""
        self._close(a, b, rtol, atol, msg, "")

    def _close(self, a: Any, b: Any, rtol: float, atol: float, msg: Any, path: str) -> None:
        if hasattr(a, "_asdict"):
            a = a._asdict()
        if hasattr(b, "_asdict"):
            b = b._asdict()
        if isinstance(a, Mapping) != isinstance(b, Mapping):
            raise ValueError(f"Can't compare dict to non-dict, a{path} vs b{path}. {msg or ''}")
        if isinstance(a, Mapping):
            self.assertEqual(set(a), set(b), f"mismatched keys in a{path} and b{path}. {msg or ''}")
            for key in a:
                self._close(a[key], b[key], rtol, atol, msg, f"{path}[{key!s}]")
        elif isinstance(a, list | tuple) and self._has_parts(a, b):
            self.assertEqual(
                len(a), len(b), f"Mismatched length: a{path} has {len(a)} items, b{path} {len(b)}"
            )
            for i, (one, two) in enumerate(zip(a, b, strict=True)):
                self._close(one, two, rtol, atol, msg, f"{path}[{i}]")
        else:
            self._close_arrays(
                a,
                b,
                rtol,
                atol,
                f"Mismatched value: a{path} is different from b{path}. {msg or ''}",
            )

    def _has_parts(self, a: Any, b: Any) -> bool:
        """Whether two lists must be compared part by part, since they are no arrays."""
        try:
            one, two = self._GetNdArray(a), self._GetNdArray(b)
        except (ValueError, TypeError):
            return True
        return one.dtype == object or two.dtype == object

    def _close_arrays(self, a: Any, b: Any, rtol: float, atol: float, msg: str) -> None:
        a, b = _plain(self._GetNdArray(a)), _plain(self._GetNdArray(b))
        self.assertEqual(
            a.shape, b.shape, f"Shape mismatch: expected {a.shape}, got {b.shape}. {msg}"
        )
        if np.allclose(a, b, rtol=rtol, atol=atol):
            return
        a, b = np.atleast_1d(a, b)
        far = np.logical_or(
            np.abs(a - b) > atol + rtol * np.abs(b), np.logical_xor(np.isnan(a), np.isnan(b))
        )
        where = np.where(far)
        detail = (
            f"not close where = {where}\nnot close lhs = {a[where]}\nnot close rhs = {b[where]}\n"
            f"not close dif = {np.abs(a - b)[where]}\n"
            f"not close tol = {atol + rtol * np.abs(b[where])}"
        )
        np.testing.assert_allclose(
            a, b, rtol=rtol, atol=atol, err_msg=f"{msg}\n{detail}", equal_nan=True
        )

    def assertAllCloseAccordingToType(
        self,
        a: Any,
        b: Any,
        rtol: float = 1e-6,
        atol: float = 1e-6,
        float_rtol: float = 1e-6,
        float_atol: float = 1e-6,
        half_rtol: float = 1e-3,
        half_atol: float = 1e-3,
        bfloat16_rtol: float = 1e-2,
        bfloat16_atol: float = 1e-2,
        msg: Any = None,
    ) -> None:
        """`assertAllClose` with the tolerances of the coarser of the two dtypes."""
        a, b = self._GetNdArray(a), self._GetNdArray(b)
        limits = (
            ((np.float32, np.complex64), float_rtol, float_atol),
            ((np.float16,), half_rtol, half_atol),
            ((_BFLOAT16,), bfloat16_rtol, bfloat16_atol),
        )
        for kinds, kind_rtol, kind_atol in limits:
            if any(array.dtype == kind for array in (a, b) for kind in kinds):
                rtol, atol = max(rtol, kind_rtol), max(atol, kind_atol)
        self.assertAllClose(a, b, rtol=rtol, atol=atol, msg=msg)

    def assertNotAllClose(self, a: Any, b: Any, **kwargs: Any) -> None:
        """Not everywhere close."""
        try:
            self.assertAllClose(a, b, **kwargs)
        except AssertionError:
            return
        raise AssertionError("The two values are close at all elements")

    # Equality.

    def assertAllEqual(self, a: Any, b: Any, msg: Any = None) -> None:
        """Two arrays have one shape and the same elements; NaN equals NaN."""
        a, b = self._GetNdArray(a), self._GetNdArray(b)
        text = msg or ""
        if a.shape != b.shape:  # the text of an array of high rank takes long
            self.fail(
                f"Shape mismatch: expected {a.shape}, got {b.shape}. Contents: {b!r}. \n{text}."
            )
        a, b = _without_fields(a), _without_fields(b)
        same = np.asarray(a == b)
        if a.dtype.kind in "fc" or a.dtype == _BFLOAT16:
            same = np.logical_or(same, np.logical_and(a != a, b != b))
        if not np.all(same):
            a, b, same = np.atleast_1d(a, b, same)
            where = np.where(np.logical_not(same))
            detail = (
                f"not equal where = {where}\nnot equal lhs = {a[where]!r}\n"
                f"not equal rhs = {b[where]!r}"
            )
            np.testing.assert_array_equal(_plain(a), _plain(b), err_msg=f"{text}\n{detail}")

    def assertNotAllEqual(self, a: Any, b: Any, msg: Any = None) -> None:
        """Not everywhere equal."""
        try:
            self.assertAllEqual(a, b)
        except AssertionError:
            return
        raise AssertionError(f"The two values are equal at all elements. {msg or ''}")

    def assertShapeEqual(self, np_array: Any, tf_tensor: Any, msg: Any = None) -> None:
        """The array's shape is the tensor's static shape."""
        if not isinstance(np_array, np.ndarray | np.generic):
            raise TypeError("np_array must be a Numpy ndarray or Numpy scalar")
        if not isinstance(tf_tensor, Tensor):
            raise TypeError("tf_tensor must be a Tensor")
        self.assertAllEqual(np_array.shape, tf_tensor.get_shape().as_list(), msg=msg)

    def assertDTypeEqual(self, target: Any, expected_dtype: Any) -> None:
        """The array or tensor is of that dtype."""
        kind = dtypes.as_dtype(getattr(target, "dtype", None) or np.array(target).dtype)
        self.assertEqual(kind.base_dtype, dtypes.as_dtype(expected_dtype))

    # Order and ranges.

    def assertAllGreater(self, a: Any, comparison_target: Any) -> None:
        """Every element is greater."""
        self.assertGreater(np.min(self._GetNdArray(a)), comparison_target)

    def assertAllLess(self, a: Any, comparison_target: Any) -> None:
        """Every element is less."""
        self.assertLess(np.max(self._GetNdArray(a)), comparison_target)

    def assertAllGreaterEqual(self, a: Any, comparison_target: Any) -> None:
        """No element is less."""
        self.assertGreaterEqual(np.min(self._GetNdArray(a)), comparison_target)

    def assertAllLessEqual(self, a: Any, comparison_target: Any) -> None:
        """No element is greater."""
        self.assertLessEqual(np.max(self._GetNdArray(a)), comparison_target)

    def assertAllInRange(
        self,
        target: Any,
        lower_bound: Any,
        upper_bound: Any,
        open_lower_bound: bool = False,
        open_upper_bound: bool = False,
    ) -> None:
        """Every element lies between the bounds, which belong to the range unless open."""
        values = self._GetNdArray(target)
        if values.dtype.kind not in "fiu" and values.dtype != _BFLOAT16:
            raise AssertionError(
                f"The value of {target} does not have an ordered numeric type, instead it has "
                f"type: {values.dtype}"
            )
        below = values <= lower_bound if open_lower_bound else values < lower_bound
        above = values >= upper_bound if open_upper_bound else values > upper_bound
        outside = values[below | above | (values != values)]
        if outside.size:
            raise AssertionError(
                f"Some of the values are not in the range {'(' if open_lower_bound else '['}"
                f"{lower_bound}, {upper_bound}{')' if open_upper_bound else ']'}: {outside!r}"
            )

    def assertAllInSet(self, target: Any, expected_set: Any) -> None:
        """Every element is in the set."""
        found = np.unique(self._GetNdArray(target))
        outside = sorted(set(found.tolist()) - set(expected_set))
        if outside:
            raise AssertionError(f"{outside} not in expected set {expected_set}")
