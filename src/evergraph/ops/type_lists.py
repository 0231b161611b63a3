"""Lists of dtypes that several op families allow, in the order of TensorFlow's schemas.

The order is part of the schema: error messages and exported OpDefs list the types in it.
"""

from __future__ import annotations

from evergraph.core import dtypes
from evergraph.core.dtypes import (
    COMPLEX,
    DType,
    bfloat16,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    qint8,
    qint32,
    quint8,
    string,
    uint8,
    uint16,
)

CWISE_FLOATING: tuple[DType, ...] = (bfloat16, float16, float32, float64)
"""Element-wise functions of real numbers."""
CWISE_ANALYTIC: tuple[DType, ...] = CWISE_FLOATING + COMPLEX
"""Element-wise functions that are defined for complex numbers too."""
CWISE_REAL: tuple[DType, ...] = (*CWISE_FLOATING, int32, int64)
"""Ordered numbers."""
CWISE_SIGNED: tuple[DType, ...] = CWISE_REAL + COMPLEX
"""Numbers that have a sign."""
CWISE_ARITHMETIC: tuple[DType, ...] = (
    *CWISE_FLOATING,
    *(uint8, int8, uint16, int16, int32, int64),
    *COMPLEX,
)
"""Numbers that can be added, multiplied and divided."""
ADDITIVE: tuple[DType, ...] = (
    *CWISE_FLOATING,
    *(uint8, int8, int16, int32, int64),
    *COMPLEX,
)
"""Numbers that `AddV2` adds."""
EQUALITY: tuple[DType, ...] = (
    *CWISE_FLOATING,
    *(uint8, int8, int16, int32, int64, complex64, quint8, qint8, qint32, string),
    *(dtypes.bool, complex128),
)
"""What can be equal."""
CWISE_NO_NAN: tuple[DType, ...] = (float16, float32, float64, *COMPLEX)
"""Products and quotients that are zero where one side is."""
HALF_TO_DOUBLE: tuple[DType, ...] = (float16, float32, float64)
SINGLE_OR_DOUBLE: tuple[DType, ...] = (float32, float64)
UP_TO_SINGLE: tuple[DType, ...] = (float16, bfloat16, float32)
INDEX_OR_REAL: tuple[DType, ...] = (int32, int64, float32, float64)
"""What bins and buckets are made of."""
POISSON_TYPES: tuple[DType, ...] = (float16, float32, float64, int32, int64)
