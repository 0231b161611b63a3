"""Orthogonal initializers: matrices and convolution kernels that keep lengths.

Reference: TensorFlow 1.15, tensorflow/python/ops/init_ops.py.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

from evergraph.core import dtypes
from evergraph.graph.operation import Tensor
from evergraph.ops.array_join import stack
from evergraph.ops.array_shape import expand_dims, reshape
from evergraph.ops.cast import cast
from evergraph.variables.initializers import Initializer, assert_float_dtype

Kernel = dict[tuple[int, ...], Any]


def _random_normal(shape: Any, dtype: Any, seed: Any) -> Any:
    from evergraph.ops.random import random_normal

    return random_normal(shape, dtype=dtype, seed=seed)


def _matmul(a: Any, b: Any) -> Any:
    from evergraph.ops.matmul import matmul

    return matmul(a, b)


def _orthonormal(a: Any, **options: Any) -> Any:
    """The factor Q of `a` = QR, with the signs that make it uniformly distributed."""
    from evergraph.ops.diagonals import diag_part
    from evergraph.ops.linalg_qr import qr
    from evergraph.ops.math_functions import sign

    q, r = qr(a, **options)
    return q * sign(diag_part(r))


def _transposed(matrix: Any) -> Any:
    from evergraph.ops.array_layout import matrix_transpose

    return matrix_transpose(matrix)


class _GainInitializer(Initializer):
    """What the orthogonal initializers share."""

    def __init__(self, gain: Any = 1.0, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        # 0.x had dtype before seed.
        if isinstance(seed, dtypes.DType):
            seed, dtype = (None if isinstance(dtype, dtypes.DType) else dtype), seed
        self.gain = gain
        self.dtype = assert_float_dtype(dtypes.as_dtype(dtype))
        self.seed = seed

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {"gain": self.gain, "seed": self.seed, "dtype": self.dtype.name}


class Orthogonal(_GainInitializer):
    """A matrix whose columns, or rows, are orthonormal; more axes than two are flattened.

    Args:
        gain: factor.
        seed: seed of the operation, or None.
        dtype: type of the elements.

    Raises:
        ValueError: `dtype` isn't floating; when called, the shape has fewer than two axes.
    """

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """An orthogonal tensor of `shape`."""
        if len(shape) < 2:
            raise ValueError("The tensor to initialize must be at least two-dimensional")
        rows, columns = math.prod(int(size) for size in shape[:-1]), int(shape[-1])
        flat = (max(rows, columns), min(rows, columns))
        dtype = self.dtype if dtype is None else dtype
        q = _orthonormal(_random_normal(flat, dtype, self.seed), full_matrices=False)
        if rows < columns:
            q = _transposed(q)
        result: Tensor = self.gain * reshape(q, shape)
        return result


class ConvolutionDeltaOrthogonal(_GainInitializer):
    """A convolution kernel that is an orthogonal matrix in its centre and zero elsewhere.

    Args:
        gain: factor.
        seed: seed of the operation, or None.
        dtype: type of the elements.

    Raises:
        ValueError: when called, the shape isn't that of a kernel.
    """

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """A kernel of `shape`: `[size..., in, out]`, one to three sizes."""
        from evergraph.ops.array_scatter import scatter_nd

        if len(shape) < 3 or len(shape) > 5:
            raise ValueError(
                "The tensor to initialize must be at least three-dimensional and at most "
                "five-dimensional"
            )
        _check_channels(shape)
        dtype = self.dtype if dtype is None else dtype
        a = _random_normal([shape[-1], shape[-1]], dtype, self.seed)
        q = _orthonormal(a, full_matrices=False)[: shape[-2], :]
        q = q * cast(self.gain, dtype)
        centre = [(size - 1) // 2 for size in shape[:-2]]
        return scatter_nd([centre], expand_dims(q, 0), shape)


def _check_channels(shape: Any) -> None:
    if shape[-2] > shape[-1]:
        raise ValueError("In_filters cannot be greater than out_filters.")


class ConvolutionOrthogonal(_GainInitializer):
    """What the orthogonal convolution kernels of one, two and three dimensions share.

    A kernel is a map from a position to a matrix. Kernels of size 2 are made of projections; their
    convolutions are larger kernels.
    """

    _rank: int
    _rank_text: str

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """A kernel of `shape`: `[size..., in, out]`."""
        if len(shape) != self._rank + 2:
            raise ValueError(f"The tensor to initialize must be {self._rank_text}-dimensional")
        _check_channels(shape)
        if any(size != shape[0] for size in shape[: self._rank]):
            raise ValueError("Kernel sizes must be equal.")
        kernel = self._orthogonal_kernel(shape[0], shape[-2], shape[-1])
        result: Tensor = kernel * cast(self.gain, self.dtype if dtype is None else dtype)
        return result

    def _orthogonal_matrix(self, n: int) -> Any:
        a = _random_normal([n, n], self.dtype, self.seed)
        if self.seed:
            self.seed += 1
        return _orthonormal(a)

    def _symmetric_projection(self, n: int) -> Any:
        q = self._orthogonal_matrix(n)
        chosen = cast(_random_normal([n], dtypes.float32, self.seed) > 0, self.dtype)
        if self.seed:
            self.seed += 1
        c = q * chosen
        return _matmul(c, _transposed(c))

    def _block(self, n: int) -> Kernel:
        """A kernel of size 2 along each axis."""
        from evergraph.ops.diagonals import eye

        projections = [self._symmetric_projection(n) for _ in range(self._rank)]
        unit: Any = eye(n, dtype=self.dtype)
        kernel: Kernel = {}
        for place in itertools.product((0, 1), repeat=self._rank):
            # In three dimensions TensorFlow counts the other way round.
            is_whole = [(i == 0) != (self._rank == 3) for i in place]
            factors = [
                p if whole else unit - p for p, whole in zip(projections, is_whole, strict=True)
            ]
            kernel[place] = factors[0]
            for factor in factors[1:]:
                kernel[place] = _matmul(kernel[place], factor)
        return kernel

    def _convolve(self, a: Kernel, b: Kernel, n: int) -> Kernel:
        from evergraph.ops.fills import zeros

        size = max(a)[0] + max(b)[0] + 1
        result: Kernel = {}
        for place in itertools.product(range(size), repeat=self._rank):
            total: Any = zeros([n, n], self.dtype)
            for first in sorted(a):
                second = tuple(x - y for x, y in zip(place, first, strict=True))
                if second in b:
                    total = total + _matmul(a[first], b[second])
            result[place] = total
        return result

    def _orthogonal_kernel(self, size: int, inputs: int, outputs: int) -> Any:
        matrix = self._orthogonal_matrix(outputs)[0:inputs, :]
        if size == 1:
            for _ in range(self._rank):
                matrix = expand_dims(matrix, 0)
            return matrix
        kernel = self._block(outputs)
        for _ in range(size - 2):
            kernel = self._convolve(kernel, self._block(outputs), outputs)
        kernel = {place: _matmul(matrix, kernel[place]) for place in sorted(kernel)}
        return self._stacked(kernel, size, ())

    def _stacked(self, kernel: Kernel, size: int, place: tuple[int, ...]) -> Any:
        if len(place) == self._rank:
            return kernel[place]
        return stack([self._stacked(kernel, size, (*place, i)) for i in range(size)])


class ConvolutionOrthogonal1D(ConvolutionOrthogonal):
    """An orthogonal kernel `[size, in, out]`; arguments as of `Orthogonal`."""

    _rank = 1
    _rank_text = "three"


class ConvolutionOrthogonal2D(ConvolutionOrthogonal):
    """An orthogonal kernel `[size, size, in, out]`; arguments as of `Orthogonal`."""

    _rank = 2
    _rank_text = "four"


class ConvolutionOrthogonal3D(ConvolutionOrthogonal):
    """An orthogonal kernel `[size, size, size, in, out]`; arguments as of `Orthogonal`."""

    _rank = 3
    _rank_text = "five"


orthogonal_initializer = Orthogonal
convolutional_delta_orthogonal = ConvolutionDeltaOrthogonal
convolutional_orthogonal_1d = ConvolutionOrthogonal1D
convolutional_orthogonal_2d = ConvolutionOrthogonal2D
convolutional_orthogonal_3d = ConvolutionOrthogonal3D
