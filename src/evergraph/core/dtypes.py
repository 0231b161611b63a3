"""DType: the types of tensor elements, with the interface and the enum numbers of TensorFlow 1.15.

Every type exists once (`DType(1) is float32`), and with its reference form (`float32_ref`, the type
of a variable's own output), whose enum number is higher by 100.

Reference: TensorFlow 1.15, tensorflow/python/framework/dtypes.py and core/framework/types.proto.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np

_REF_OFFSET = 100


class DType:
    """The type of the elements of a tensor.

    A DType equals whatever `as_dtype` turns into it: `tf.float32 == "float32"`, `== np.float32`
    and `== 1` hold. Its hash is its enum number.

    Args:
        type_enum: number of the type in TensorFlow's `DataType`, from 1; over 100 for references.

    Raises:
        TypeError: there is no type of that number.
    """

    __slots__ = ("_kind", "_limits", "_name", "_numpy", "_type_enum")

    _type_enum: int
    _name: str
    _kind: str
    _numpy: Any
    _limits: tuple[Any, Any] | None

    def __new__(cls, type_enum: Any) -> DType:
        """Return the one DType of that number."""
        number = int(type_enum)
        if number not in _INTERN_TABLE:
            raise TypeError(f"type_enum is not a valid types_pb2.DataType: {number}")
        return _INTERN_TABLE[number]

    @property
    def name(self) -> str:
        """The type's name: "float32", "float32_ref"."""
        return self._name

    @property
    def as_datatype_enum(self) -> int:
        """The type's number in TensorFlow's `DataType`."""
        return self._type_enum

    @property
    def as_numpy_dtype(self) -> Any:
        """NumPy's type for it: a scalar type, `object` for strings, structured for quantized types.

        Raises:
            KeyError: resource and variant have none.

        Differs from TensorFlow: bool gives `np.bool_`, where 1.15 with the NumPy of its day gave
        Python's `bool` (then the meaning of `np.bool`).
        """
        if self._numpy is None:
            raise KeyError(self._type_enum)
        return self._numpy

    @property
    def _is_ref_dtype(self) -> builtins.bool:
        """Whether this is a reference type."""
        return self._type_enum > _REF_OFFSET

    @property
    def _as_ref(self) -> DType:
        """The reference type of this type."""
        return self if self._type_enum > _REF_OFFSET else _INTERN_TABLE[self._type_enum + 100]

    @property
    def base_dtype(self) -> DType:
        """This type without the reference."""
        if self._type_enum > _REF_OFFSET:
            return _INTERN_TABLE[self._type_enum - _REF_OFFSET]
        return self

    @property
    def real_dtype(self) -> DType:
        """The type of the real part: float32 for complex64, float64 for complex128, else itself."""
        base = self.base_dtype
        if base is complex64:
            return float32
        if base is complex128:
            return float64
        return self

    @property
    def is_numpy_compatible(self) -> builtins.bool:
        """Whether NumPy can hold such elements: all types but resource and variant."""
        return self._numpy is not None

    @property
    def is_bool(self) -> builtins.bool:
        """Whether this is bool."""
        return self._kind == "bool"

    @property
    def is_integer(self) -> builtins.bool:
        """Whether this is a signed or unsigned integer, not quantized."""
        return self._kind == "int"

    @property
    def is_floating(self) -> builtins.bool:
        """Whether this is float16, bfloat16, float32 or float64."""
        return self._kind == "float"

    @property
    def is_complex(self) -> builtins.bool:
        """Whether this is complex64 or complex128."""
        return self._kind == "complex"

    @property
    def is_quantized(self) -> builtins.bool:
        """Whether this is one of the five quantized types."""
        return self._kind == "quantized"

    @property
    def is_unsigned(self) -> builtins.bool:
        """Whether this is an unsigned integer, not quantized."""
        return self._kind == "int" and np.iinfo(self._numpy).min == 0

    @property
    def min(self) -> Any:
        """The lowest finite value, a NumPy scalar for floating types, an int for integers.

        Raises:
            TypeError: the type has no order, or is bool or quantized.
        """
        return self._extreme("min", "minimum")

    @property
    def max(self) -> Any:
        """The highest finite value, a NumPy scalar for floating types, an int for integers.

        Raises:
            TypeError: the type has no order, or is bool or quantized.
        """
        return self._extreme("max", "maximum")

    def _extreme(self, attribute: str, word: str) -> Any:
        if self._kind == "int":
            return int(getattr(np.iinfo(self._numpy), attribute))
        if self._kind == "float":
            finfo: Any = ml_dtypes.finfo  # np.finfo does not know bfloat16
            return getattr(finfo(self._numpy), attribute)
        raise TypeError(f"Cannot find {word} value of {self}.")

    @property
    def limits(self) -> tuple[Any, Any]:
        """(lowest, highest) intensity of an image of this type; the lowest is always 0.

        Integers reach to their maximum, float32 and float64 to 1.

        Raises:
            KeyError: TensorFlow knows no intensities for this type (float16, for one).

        Differs from TensorFlow: bool gives (0, True), which 1.15's table meant and missed.
        """
        if self._limits is None:
            raise KeyError(self.as_numpy_dtype)
        return self._limits

    @property
    def size(self) -> int:
        """Bytes of one element; 8 for strings (a pointer), 1 for resource and variant."""
        if self is resource or self is variant:
            return 1
        return int(np.dtype(self.as_numpy_dtype).itemsize)

    def is_compatible_with(self, other: Any) -> builtins.bool:
        """Whether a tensor of type `other` is taken where this type is wanted.

        True for the same type, and for a reference where its base type is wanted, not the other
        way round.

        Raises:
            TypeError: `other` names no type.
        """
        other = as_dtype(other)
        return self is other or self is other.base_dtype

    def __eq__(self, other: object) -> builtins.bool:
        """Whether `as_dtype(other)` is this type; False for what names no type."""
        return self is other or (not isinstance(other, DType) and _find(other) is self)

    def __ne__(self, other: object) -> builtins.bool:
        """Whether `other` names another type, or none."""
        return not self == other

    def __hash__(self) -> int:
        """The enum number."""
        return self._type_enum

    def __str__(self) -> str:
        """As in TensorFlow's messages: <dtype: 'float32'>."""
        return f"<dtype: {self._name!r}>"

    def __repr__(self) -> str:
        """As a program writes it: tf.float32."""
        return f"tf.{self._name}"

    def __reduce__(self) -> tuple[Callable[[Any], DType], tuple[str]]:
        """Copies and pickles by name, so that each type stays single."""
        return as_dtype, (self._name,)


# Quantized types are told from their integers by a field of their name.
_np_qint8 = np.dtype([("qint8", np.int8)])
_np_quint8 = np.dtype([("quint8", np.uint8)])
_np_qint16 = np.dtype([("qint16", np.int16)])
_np_quint16 = np.dtype([("quint16", np.uint16)])
_np_qint32 = np.dtype([("qint32", np.int32)])
_np_bfloat16 = ml_dtypes.bfloat16

np_resource = np.dtype([("resource", np.ubyte)])
"""The NumPy type in which a handle to a resource is fed."""

_INTERN_TABLE: dict[int, DType] = {}


def _define(number: int, name: str, kind: str, numpy_type: Any, limit: Any = None) -> DType:
    """Make the type `name` and its reference form, and enter both; return the type itself."""
    for enum, suffix in ((number + _REF_OFFSET, "_ref"), (number, "")):
        dtype = object.__new__(DType)
        dtype._type_enum = enum
        dtype._name = name + suffix
        dtype._kind = kind
        dtype._numpy = numpy_type
        dtype._limits = None if limit is None else (0, limit)
        _INTERN_TABLE[enum] = dtype
    return dtype


# In the order of types.proto. The last column is the highest intensity of `DType.limits`.
float32 = _define(1, "float32", "float", np.float32, 1)
float64 = _define(2, "float64", "float", np.float64, 1)
int32 = _define(3, "int32", "int", np.int32, 2**31 - 1)
uint8 = _define(4, "uint8", "int", np.uint8, 2**8 - 1)
int16 = _define(5, "int16", "int", np.int16, 2**15 - 1)
int8 = _define(6, "int8", "int", np.int8, 2**7 - 1)
string = _define(7, "string", "string", object)
complex64 = _define(8, "complex64", "complex", np.complex64)
int64 = _define(9, "int64", "int", np.int64, 2**63 - 1)
bool = _define(10, "bool", "bool", np.bool_, True)
qint8 = _define(11, "qint8", "quantized", _np_qint8)
quint8 = _define(12, "quint8", "quantized", _np_quint8)
qint32 = _define(13, "qint32", "quantized", _np_qint32)
bfloat16 = _define(14, "bfloat16", "float", _np_bfloat16)
qint16 = _define(15, "qint16", "quantized", _np_qint16)
quint16 = _define(16, "quint16", "quantized", _np_quint16)
uint16 = _define(17, "uint16", "int", np.uint16, 2**16 - 1)
complex128 = _define(18, "complex128", "complex", np.complex128)
float16 = _define(19, "float16", "float", np.float16)
resource = _define(20, "resource", "handle", None)
variant = _define(21, "variant", "handle", None)
uint32 = _define(22, "uint32", "int", np.uint32, 2**32 - 1)
uint64 = _define(23, "uint64", "int", np.uint64, 2**64 - 1)

half = float16
double = float64

float32_ref = float32._as_ref
float64_ref = double_ref = float64._as_ref
int32_ref = int32._as_ref
uint8_ref = uint8._as_ref
int16_ref = int16._as_ref
int8_ref = int8._as_ref
string_ref = string._as_ref
complex64_ref = complex64._as_ref
int64_ref = int64._as_ref
bool_ref = bool._as_ref
qint8_ref = qint8._as_ref
quint8_ref = quint8._as_ref
qint32_ref = qint32._as_ref
bfloat16_ref = bfloat16._as_ref
qint16_ref = qint16._as_ref
quint16_ref = quint16._as_ref
uint16_ref = uint16._as_ref
complex128_ref = complex128._as_ref
float16_ref = half_ref = float16._as_ref
resource_ref = resource._as_ref
variant_ref = variant._as_ref
uint32_ref = uint32._as_ref
uint64_ref = uint64._as_ref

# What an attr of an op's schema may be, in the words and the order of REGISTER_OP.
QUANTIZED: tuple[DType, ...] = (qint8, quint8, qint32, qint16, quint16)
"""REGISTER_OP's `quantizedtype`."""
NUMERIC: tuple[DType, ...] = (
    *(float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32),
    *(bfloat16, uint16, complex128, float16, uint32, uint64),
)
"""REGISTER_OP's `numbertype`: floating, integer and complex types, and qint8, quint8, qint32."""
REAL_NUMERIC: tuple[DType, ...] = tuple(
    dtype for dtype in NUMERIC if not dtype.is_complex and not dtype.is_quantized
)
"""REGISTER_OP's `realnumbertype`: numbers that have an order."""
FLOATING: tuple[DType, ...] = (float16, bfloat16, float32, float64)
COMPLEX: tuple[DType, ...] = (complex64, complex128)
FLOATING_OR_COMPLEX: tuple[DType, ...] = FLOATING + COMPLEX
INTEGER: tuple[DType, ...] = (int8, int16, int32, int64, uint8, uint16, uint32, uint64)
INDEX: tuple[DType, ...] = (int32, int64)
"""What axes, shapes and indices are made of."""

QUANTIZED_DTYPES: frozenset[DType] = frozenset((*QUANTIZED, *(d._as_ref for d in QUANTIZED)))
"""The quantized types and their references."""

# Under 1.15's private names, since programs import some of them.
_TYPE_TO_STRING = {number: dtype.name for number, dtype in _INTERN_TABLE.items()}
_TF_TO_NP = {number: d._numpy for number, d in _INTERN_TABLE.items() if d.is_numpy_compatible}
_STRING_TO_TF = {name: _INTERN_TABLE[number] for number, name in _TYPE_TO_STRING.items()} | {
    "half": float16,
    "half_ref": float16_ref,
    "float": float32,
    "float_ref": float32_ref,
    "double": float64,
    "double_ref": float64_ref,
}
# Where C has two names for one width (long and long long), NumPy has two scalar types.
_NP_TO_TF: dict[Any, DType] = {
    **{
        scalar: _STRING_TO_TF[np.dtype(scalar).name]
        for scalar in (np.intc, np.uintc, np.int_, np.uint, np.longlong, np.ulonglong)
    },
    **{d._numpy: d for n, d in _INTERN_TABLE.items() if n < _REF_OFFSET and d.is_numpy_compatible},
    np.object_: string,
    np.bytes_: string,
    np.str_: string,
}
_PYTHON_TO_TF: dict[Any, DType] = {
    builtins.float: float32,
    builtins.bool: bool,
    builtins.object: string,
}
_ANY_TO_TF: dict[Any, DType] = {**_INTERN_TABLE, **_STRING_TO_TF, **_PYTHON_TO_TF, **_NP_TO_TF}

TF_VALUE_DTYPES: set[DType] = set(_NP_TO_TF.values())
"""The types that NumPy arrays can hold."""


def _find(value: Any) -> DType | None:
    """The DType that `value` stands for, or None."""
    if isinstance(value, np.dtype):
        by_scalar = _NP_TO_TF.get(value.type)
        if by_scalar is not None:
            return by_scalar
    try:
        return _ANY_TO_TF.get(value)
    except TypeError:  # not hashable
        return None


_WORDS = {"float32": "float", "float64": "double", "float16": "half"}


def type_word(dtype: DType) -> str:
    """What messages of TensorFlow's core call the type: "float", "double_ref", "int32"."""
    base = dtype.base_dtype.name
    return _WORDS.get(base, base) + ("_ref" if dtype._is_ref_dtype else "")


def as_dtype(type_value: Any) -> DType:
    """Return the DType that `type_value` stands for.

    Args:
        type_value: a DType; its number in `DataType`; its name ("float32", also "float", "double",
            "half"); a NumPy dtype or scalar type; Python's `float` (float32), `bool` or `object`
            (string). As in 1.15, Python's `int`, `str`, `bytes` and `complex` stand for nothing.

    Raises:
        TypeError: it stands for no type.

    Reference: TensorFlow 1.15, tensorflow/python/framework/dtypes.py.
    """
    if isinstance(type_value, DType):
        return type_value
    dtype = _find(type_value)
    if dtype is not None:
        return dtype
    from evergraph.core.errors import explain, near_names

    fix = {int: "say tf.int32 or tf.int64", complex: "say tf.complex64 or tf.complex128"}
    fix |= dict.fromkeys((str, bytes), "say tf.string")
    hint = fix.get(type_value) if isinstance(type_value, type) else None
    if isinstance(type_value, str):
        near = near_names(type_value, _STRING_TO_TF)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else None
    raise TypeError(
        explain(f"Cannot convert value {type_value!r} to a TensorFlow DType.", fix=hint)
    )
