import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergraph import protos
from evergraph.core import dtypes
from evergraph.serialize.tensor_proto import (
    from_tensor_proto,
    make_ndarray,
    make_tensor_proto,
    shape_to_proto,
    to_tensor_proto,
)

# (arguments, keywords, text form as TensorFlow 1.15.5 gives it, without the shape)
RECORDED = [
    ((1.0,), {}, "dtype: DT_FLOAT tensor_shape { } float_val: 1.0"),
    ((1.0,), {"shape": [5]}, "dtype: DT_FLOAT tensor_shape { dim { size: 5 } } float_val: 1.0"),
    (
        ([1.0, 1.0],),
        {},
        "dtype: DT_FLOAT tensor_shape { dim { size: 2 } } "
        'tensor_content: "\\000\\000\\200?\\000\\000\\200?"',
    ),
    (
        ([1, 2],),
        {},
        "dtype: DT_INT32 tensor_shape { dim { size: 2 } } "
        'tensor_content: "\\001\\000\\000\\000\\002\\000\\000\\000"',
    ),
    (
        ([1, 2],),
        {"dtype": dtypes.float16},
        "dtype: DT_HALF tensor_shape { dim { size: 2 } } half_val: 15360 half_val: 16384",
    ),
    (
        ([True, False],),
        {},
        "dtype: DT_BOOL tensor_shape { dim { size: 2 } } bool_val: true bool_val: false",
    ),
    (
        ([[b"a"], [b"bc"]],),
        {},
        "dtype: DT_STRING tensor_shape { dim { size: 2 } dim { size: 1 } } "
        'string_val: "a" string_val: "bc"',
    ),
    (("x",), {"shape": [2]}, 'dtype: DT_STRING tensor_shape { dim { size: 2 } } string_val: "x"'),
    (([],), {"dtype": dtypes.float32}, "dtype: DT_FLOAT tensor_shape { dim { } }"),
    (
        ([1],),
        {"shape": [2, 3]},
        "dtype: DT_INT32 tensor_shape { dim { size: 2 } dim { size: 3 } } int_val: 1",
    ),
    (
        (np.complex64([1 + 2j]),),
        {},
        "dtype: DT_COMPLEX64 tensor_shape { dim { size: 1 } } scomplex_val: 1.0 scomplex_val: 2.0",
    ),
    (
        (np.complex128([1, 2]),),
        {},
        "dtype: DT_COMPLEX128 tensor_shape { dim { size: 2 } } "
        "dcomplex_val: 1.0 dcomplex_val: 0.0 dcomplex_val: 2.0 dcomplex_val: 0.0",
    ),
    (
        (np.uint16([1, 2]),),
        {},
        "dtype: DT_UINT16 tensor_shape { dim { size: 2 } } int_val: 1 int_val: 2",
    ),
    ((3,), {"dtype": dtypes.bfloat16}, "dtype: DT_BFLOAT16 tensor_shape { } half_val: 16448"),
    ((2**40,), {}, "dtype: DT_INT64 tensor_shape { } int64_val: 1099511627776"),
    (("ü",), {}, 'dtype: DT_STRING tensor_shape { } string_val: "\\303\\274"'),
    ((1.0,), {"shape": [0]}, "dtype: DT_FLOAT tensor_shape { dim { } }"),
    (
        (np.zeros((0, 2), np.float32),),
        {},
        "dtype: DT_FLOAT tensor_shape { dim { } dim { size: 2 } }",
    ),
]


@pytest.mark.parametrize(("args", "keywords", "text"), RECORDED)
def test_constants_are_written_as_tensorflow_does(args, keywords, text) -> None:
    assert " ".join(protos.to_text(make_tensor_proto(*args, **keywords)).split()) == text


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.int32).reshape(2, 3),
        np.array(2.5),
        np.array([b"", b"\x00\xff"], object),
        np.array([1, 2, 3], ml_dtypes.bfloat16),
        np.array([1, -2], np.float16),
        np.array([1 + 2j]),
        np.array([2**63], np.uint64),
        np.array([(1,), (-3,)], dtypes.qint8.as_numpy_dtype),
        np.zeros((2, 0), np.bool_),
        np.array([True]),
    ],
)
def test_arrays_come_back(array: np.ndarray) -> None:
    back = make_ndarray(to_tensor_proto(array))
    np.testing.assert_array_equal(back, array)
    assert back.dtype == array.dtype
    assert back.flags.writeable


@given(st.lists(st.integers(-(2**31), 2**31 - 1)))
def test_any_vector_comes_back(values: list[int]) -> None:
    array = np.array(values, np.int32)
    np.testing.assert_array_equal(make_ndarray(to_tensor_proto(array)), array)


def test_short_lists_repeat_their_last_value() -> None:
    proto = protos.TensorProto(dtype=protos.DT_INT32, int_val=[1, 2])
    proto.tensor_shape.CopyFrom(shape_to_proto((2, 2)))
    np.testing.assert_array_equal(from_tensor_proto(proto), [[1, 2], [2, 2]])
    proto.int_val[:] = []
    np.testing.assert_array_equal(from_tensor_proto(proto), np.zeros((2, 2)))
    proto.int_val[:] = [1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="5 values in a TensorProto of shape"):
        from_tensor_proto(proto)


def test_one_value_for_a_large_shape_takes_one_value_of_memory() -> None:
    proto = protos.TensorProto(dtype=protos.DT_FLOAT, float_val=[2.0])
    proto.tensor_shape.CopyFrom(shape_to_proto((1 << 20, 1 << 20)))
    array = from_tensor_proto(proto)
    assert array.shape == (1 << 20, 1 << 20)
    assert to_tensor_proto(array) == proto


def test_handles_have_no_array() -> None:
    with pytest.raises(TypeError, match="Unsupported tensor type: 20"):
        from_tensor_proto(protos.TensorProto(dtype=protos.DT_RESOURCE))


def test_shapes_as_protos() -> None:
    text = protos.to_text(shape_to_proto((None, 3)))
    assert " ".join(text.split()) == "dim { size: -1 } dim { size: 3 }"
    assert shape_to_proto(None).unknown_rank
