"""core/dtypes.py: expected values are those of TensorFlow 1.15.5 unless a test says otherwise."""

# The operators themselves are under test:
# ruff: noqa: E721, SIM201

import copy
import pickle

import ml_dtypes
import numpy as np
import pytest

from evergraph.core import dtypes
from evergraph.core.dtypes import DType, as_dtype

NUMBERS = {
    "float32": 1,
    "float64": 2,
    "int32": 3,
    "uint8": 4,
    "int16": 5,
    "int8": 6,
    "string": 7,
    "complex64": 8,
    "int64": 9,
    "bool": 10,
    "qint8": 11,
    "quint8": 12,
    "qint32": 13,
    "bfloat16": 14,
    "qint16": 15,
    "quint16": 16,
    "uint16": 17,
    "complex128": 18,
    "float16": 19,
    "resource": 20,
    "variant": 21,
    "uint32": 22,
    "uint64": 23,
}
EVERY_TYPE = [getattr(dtypes, name + suffix) for name in NUMBERS for suffix in ("", "_ref")]


@pytest.mark.parametrize(("name", "number"), NUMBERS.items())
def test_types_have_tensorflows_numbers_and_names(name, number):
    dtype, ref = getattr(dtypes, name), getattr(dtypes, name + "_ref")
    assert (dtype.as_datatype_enum, dtype.name, hash(dtype)) == (number, name, number)
    assert (ref.as_datatype_enum, ref.name, hash(ref)) == (
        number + 100,
        name + "_ref",
        number + 100,
    )
    assert (str(dtype), repr(dtype)) == (f"<dtype: '{name}'>", f"tf.{name}")
    assert (dtype._as_ref, ref._as_ref, dtype.base_dtype, ref.base_dtype) == (
        ref,
        ref,
        dtype,
        dtype,
    )
    assert (dtype._is_ref_dtype, ref._is_ref_dtype) == (False, True)


@pytest.mark.parametrize("dtype", EVERY_TYPE, ids=repr)
def test_each_type_exists_once(dtype):
    assert DType(dtype.as_datatype_enum) is dtype
    assert as_dtype(dtype) is as_dtype(dtype.name) is as_dtype(dtype.as_datatype_enum) is dtype
    assert copy.copy(dtype) is copy.deepcopy(dtype) is dtype
    assert pickle.loads(pickle.dumps(dtype)) is dtype


@pytest.mark.parametrize("dtype", EVERY_TYPE, ids=repr)
def test_numpy_type_leads_back_to_the_type(dtype):
    if dtype.base_dtype in (dtypes.resource, dtypes.variant):
        assert not dtype.is_numpy_compatible
        with pytest.raises(KeyError, match=str(dtype.as_datatype_enum)):
            _ = dtype.as_numpy_dtype
        return
    assert dtype.is_numpy_compatible
    assert as_dtype(dtype.as_numpy_dtype) is dtype.base_dtype
    assert as_dtype(np.empty((1, 1), dtype=dtype.as_numpy_dtype).dtype) is dtype.base_dtype


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (float, "float32"),
        (bool, "bool"),
        (object, "string"),
        (True, "float32"),
        (1.0, "float32"),
        (np.int64(3), "int32"),
        ("float", "float32"),
        ("double", "float64"),
        ("half", "float16"),
        ("half_ref", "float16_ref"),
        (np.str_("int32"), "int32"),
        (np.dtype("U3"), "string"),
        (np.dtype("S3"), "string"),
        (np.dtype("O"), "string"),
        (np.object_, "string"),
        (np.str_, "string"),
        (np.bytes_, "string"),
        (np.dtype(">f4"), "float32"),
        (np.dtype("?"), "bool"),
        (np.bool_, "bool"),
        (np.longlong, "int64"),
        (np.ulonglong, "uint64"),
        (np.intc, "int32"),
        (np.dtype([("qint8", np.int8)]), "qint8"),
        (np.dtype([("quint16", np.uint16)]), "quint16"),
        (ml_dtypes.bfloat16, "bfloat16"),
        (np.dtype(ml_dtypes.bfloat16), "bfloat16"),
    ],
)
def test_as_dtype_takes_what_tensorflow_takes(value, name):
    assert as_dtype(value).name == name


@pytest.mark.parametrize(
    "value",
    [
        *(int, str, bytes, complex, None, 0, 24, 500, "U3", "f4", b"int32", [], (dtypes.float32,)),
        *(np.datetime64, np.dtype("M8[s]"), np.longdouble, np.dtype([("resource", np.ubyte)])),
    ],
)
def test_as_dtype_refuses_what_tensorflow_refuses(value):
    with pytest.raises(TypeError) as caught:
        as_dtype(value)
    assert str(caught.value).splitlines()[0] == (
        f"Cannot convert value {value!r} to a TensorFlow DType."
    )


def test_as_dtype_names_a_repair():
    with pytest.raises(TypeError, match=r"fix:      say tf\.int32 or tf\.int64"):
        as_dtype(int)
    with pytest.raises(TypeError, match="fix:      did you mean 'float32'"):
        as_dtype("flaot32")


@pytest.mark.parametrize("number", [0, 24, 100, 124, 500])
def test_unknown_number_is_refused(number):
    with pytest.raises(TypeError, match=f"^type_enum is not a valid types_pb2.DataType: {number}$"):
        DType(number)


def test_equality_goes_through_as_dtype():
    assert dtypes.float32 == 1
    assert dtypes.float32 == "float32"
    assert dtypes.float32 == "float"
    assert dtypes.float32 == np.float32
    assert dtypes.float32 == float
    assert np.dtype("float32") == dtypes.float32.as_numpy_dtype
    assert dtypes.float32 != dtypes.float32_ref
    assert dtypes.float32 != dtypes.float64
    assert dtypes.int32 != int
    for nothing in (None, [], "nope", 3.5, object()):
        assert dtypes.float32 != nothing
        assert not (dtypes.float32 == nothing)


def test_reference_is_taken_where_its_base_is_wanted():
    assert dtypes.float32.is_compatible_with(dtypes.float32_ref)
    assert not dtypes.float32_ref.is_compatible_with(dtypes.float32)
    assert dtypes.float32.is_compatible_with("float32")
    assert not dtypes.float32.is_compatible_with(dtypes.float64)
    with pytest.raises(TypeError, match="Cannot convert value 'nope' to a TensorFlow DType"):
        dtypes.float32.is_compatible_with("nope")


@pytest.mark.parametrize(
    ("predicate", "names"),
    [
        ("is_bool", {"bool"}),
        ("is_floating", {"float16", "bfloat16", "float32", "float64"}),
        ("is_complex", {"complex64", "complex128"}),
        ("is_quantized", {"qint8", "quint8", "qint16", "quint16", "qint32"}),
        ("is_unsigned", {"uint8", "uint16", "uint32", "uint64"}),
        (
            "is_integer",
            {"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"},
        ),
        ("is_numpy_compatible", NUMBERS.keys() - {"resource", "variant"}),
    ],
)
def test_predicates_hold_for_types_and_their_references(predicate, names):
    for dtype in EVERY_TYPE:
        assert getattr(dtype, predicate) is (dtype.base_dtype.name in names), dtype


def test_real_dtype_keeps_a_reference_only_of_real_types():
    assert dtypes.complex64.real_dtype is dtypes.float32
    assert dtypes.complex128.real_dtype is dtypes.float64
    assert dtypes.complex64_ref.real_dtype is dtypes.float32
    assert dtypes.float32_ref.real_dtype is dtypes.float32_ref
    assert dtypes.string.real_dtype is dtypes.string


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [
        (dtypes.int8, -128, 127),
        (dtypes.int16, -(2**15), 2**15 - 1),
        (dtypes.int32, -(2**31), 2**31 - 1),
        (dtypes.int64, -(2**63), 2**63 - 1),
        (dtypes.uint8, 0, 255),
        (dtypes.uint16, 0, 65535),
        (dtypes.uint32, 0, 2**32 - 1),
        (dtypes.uint64, 0, 2**64 - 1),
        (dtypes.float16, -65504.0, 65504.0),
        (dtypes.float32, -3.4028234663852886e38, 3.4028234663852886e38),
        (dtypes.float32_ref, -3.4028234663852886e38, 3.4028234663852886e38),
        (dtypes.float64, -1.7976931348623157e308, 1.7976931348623157e308),
        (dtypes.bfloat16, float.fromhex("-0x1.FEp127"), float.fromhex("0x1.FEp127")),
    ],
)
def test_min_and_max(dtype, low, high):
    assert (dtype.min, dtype.max) == (low, high)
    kind = int if dtype.is_integer else dtype.as_numpy_dtype
    assert type(dtype.min) is type(dtype.max) is kind


@pytest.mark.parametrize(
    "name",
    ["bool", "string", "complex64", "complex128_ref", "qint8", "quint16", "resource", "variant"],
)
def test_types_without_order_have_no_min_and_max(name):
    dtype = as_dtype(name)
    with pytest.raises(TypeError, match=f"^Cannot find minimum value of <dtype: '{name}'>.$"):
        _ = dtype.min
    with pytest.raises(TypeError, match=f"^Cannot find maximum value of <dtype: '{name}'>.$"):
        _ = dtype.max


def test_limits_are_intensities():
    assert dtypes.int8.limits == (0, 127)
    assert dtypes.uint8.limits == (0, 255)
    assert dtypes.uint64.limits == (0, 2**64 - 1)
    assert dtypes.float32.limits == dtypes.float64.limits == (0, 1)
    for dtype in (dtypes.float16, dtypes.bfloat16, dtypes.complex64, dtypes.string, dtypes.qint8):
        with pytest.raises(KeyError):
            _ = dtype.limits
    # Differs from TensorFlow, whose table has bool but is asked for another key.
    assert dtypes.bool.limits == (0, True)


def test_size_is_bytes_of_one_element():
    sizes = {"string": 8, "qint32": 4, "bfloat16": 2, "bool": 1, "complex128": 16}
    assert {name: as_dtype(name).size for name in sizes} == sizes
    assert dtypes.resource.size == dtypes.variant.size == 1
    with pytest.raises(KeyError, match="120"):
        _ = dtypes.resource_ref.size


def test_aliases_and_groups():
    assert (dtypes.half, dtypes.double) == (dtypes.float16, dtypes.float64)
    assert {
        *("qint8", "quint8", "qint32", "qint16", "quint16"),
        *("qint8_ref", "quint8_ref", "qint32_ref", "qint16_ref", "quint16_ref"),
    } == {dtype.name for dtype in dtypes.QUANTIZED_DTYPES}
    assert len(dtypes.TF_VALUE_DTYPES) == 21
    assert dtypes.bfloat16 in dtypes.TF_VALUE_DTYPES


def test_schema_groups_mean_what_register_op_means():
    # In the order of the OpDefs of AddN, Less, Dequantize and AvgPool.
    assert names(dtypes.NUMERIC) == (
        "float32 float64 int32 uint8 int16 int8 complex64 int64 qint8 quint8 qint32 bfloat16 "
        "uint16 complex128 float16 uint32 uint64"
    )
    assert names(dtypes.REAL_NUMERIC) == (
        "float32 float64 int32 uint8 int16 int8 int64 bfloat16 uint16 float16 uint32 uint64"
    )
    assert names(dtypes.QUANTIZED) == "qint8 quint8 qint32 qint16 quint16"
    assert names(dtypes.FLOATING) == "float16 bfloat16 float32 float64"


def names(group):
    return " ".join(dtype.name for dtype in group)
