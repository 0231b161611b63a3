"""core/shapes.py and core/dimensions.py: expected values are those of TensorFlow 1.15.5."""

# The operators themselves are under test, each from both sides:
# ruff: noqa: SIM201, SIM202, SIM300, RUF005

import copy
import pickle
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergraph.core import dtypes, shapes
from evergraph.core.shapes import Dimension, TensorShape, as_dimension, as_shape, unknown_shape

UNKNOWN = TensorShape(None)
PARTIAL = TensorShape([None, 3])
FULL = TensorShape([2, 3])


def test_dimension_takes_whole_numbers():
    for value in (3, 3.0, "3", np.int64(3), np.float32(3), Dimension(3)):
        assert Dimension(value).value == 3
    assert type(Dimension(np.int64(3)).value) is int
    assert Dimension(True).value == 1
    assert Dimension(None).value is None
    dimension = Dimension(3)
    assert as_dimension(dimension) is dimension


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (1.5, ValueError, "Ambiguous dimension: 1.5"),
        ("x", ValueError, "invalid literal for int() with base 10: 'x'"),
        (-1, ValueError, "Dimension -1 must be >= 0"),
        (dtypes.float32, TypeError, "Cannot convert <dtype: 'float32'> to Dimension"),
        ([1], TypeError, "int() argument must be a string, a bytes-like object or a"),
    ],
)
def test_dimension_refuses_other_values(value, error, message):
    with pytest.raises(error) as caught:
        Dimension(value)
    assert str(caught.value).startswith(message)


def test_dimension_prints():
    assert (str(Dimension(3)), repr(Dimension(3))) == ("3", "Dimension(3)")
    assert (str(Dimension(None)), repr(Dimension(None))) == ("?", "Dimension(None)")
    assert ("%d" % Dimension(3), f"{Dimension(3)}") == ("3", "3")  # noqa: UP031


def test_dimension_arithmetic():
    seven = Dimension(7)
    known = [seven + 1, 1 + seven, seven - 2, 9 - seven, seven * 2, 2 * seven]
    known += [seven // 2, 15 // seven, seven % 4, 10 % seven, seven.__div__(2)]
    assert [d.value for d in known] == [8, 8, 5, 2, 14, 14, 3, 2, 3, 3, 3]
    for unknown in (None, Dimension(None)):
        results = [seven + unknown, unknown + seven, seven - unknown, unknown - seven]
        results += [seven * unknown, unknown * seven, seven // unknown, unknown // seven]
        results += [seven % unknown, unknown % seven]
        assert [type(d) for d in results] == [Dimension] * 10
        assert [d.value for d in results] == [None] * 10
    assert repr(np.int64(3) * Dimension(2)) == "Dimension(6)"
    assert repr(np.prod(FULL)) == "Dimension(6)"


@pytest.mark.parametrize(
    ("compute", "error", "message"),
    [
        (lambda d: d - 8, ValueError, "Dimension -1 must be >= 0"),
        (lambda d: d // 0, ZeroDivisionError, None),
        (lambda d: d + "x", TypeError, "unsupported operand type(s) for +: 'Dimension' and 'str'"),
        (lambda d: "x" + d, TypeError, "unsupported operand type(s) for +: 'Dimension' and 'str'"),
        (
            lambda d: d + 2.5,
            TypeError,
            "unsupported operand type(s) for +: 'Dimension' and 'float'",
        ),
        (lambda d: "x" - d, ValueError, "invalid literal for int() with base 10: 'x'"),
        (
            lambda d: d / 2,
            TypeError,
            "unsupported operand type(s) for /: 'Dimension' and 'int', please use // instead",
        ),
        (
            lambda d: 2 / d,
            TypeError,
            "unsupported operand type(s) for /: 'int' and 'Dimension', please use // instead",
        ),
        (lambda d: -d, TypeError, "bad operand type for unary -: 'Dimension'"),
    ],
)
def test_dimension_arithmetic_errors(compute, error, message):
    with pytest.raises(error) as caught:
        compute(Dimension(7))
    assert message is None or str(caught.value) == message


def test_dimension_comparison():
    three, unknown = Dimension(3), Dimension(None)
    assert (three == 3) is (three == "3") is (three != 4) is True
    assert (three == "x") is (three == -1) is (three != 3) is False
    assert (three < 4, three <= 3, three > 3, three >= 3) == (True, True, False, True)
    assert (4 < three, 2 < three) == (False, True)
    for other in (3, None, Dimension(None)):
        compared = [unknown == other, unknown != other, unknown < other, unknown >= other]
        assert compared == [None] * 4
        assert (three == unknown, three != unknown, three > unknown, three <= unknown) == (
            None,
        ) * 4
    with pytest.raises(ValueError, match="invalid literal"):
        _ = three > "x"


def test_dimension_stands_for_an_integer():
    assert (int(Dimension(3)), list(range(Dimension(2)))) == (3, [0, 1])
    assert (np.arange(5)[Dimension(2)], "abc"[Dimension(1)]) == (2, "b")
    with pytest.raises(TypeError, match=r"^__int__ returned non-int \(type NoneType\)$"):
        int(Dimension(None))
    with pytest.raises(TypeError, match=r"^__index__ returned non-int \(type NoneType\)$"):
        range(Dimension(None))
    assert Dimension(0) and Dimension(None)  # always true


def test_dimension_merging():
    assert Dimension(3).merge_with(3).value == 3
    assert Dimension(None).merge_with(3).value == Dimension(3).merge_with(None).value == 3
    assert Dimension(None).merge_with(None).value is None
    with pytest.raises(ValueError, match=r"^Dimensions 3 and 4 are not compatible$"):
        Dimension(3).merge_with(4)
    with pytest.raises(ValueError, match=r"^Dimensions 3 and 4 are not compatible$"):
        Dimension(3).assert_is_compatible_with(4)
    assert Dimension(3).is_compatible_with("x") is NotImplemented
    assert Dimension(3).merge_with("x") is NotImplemented


def test_dimensions_and_shapes_have_no_hash():
    with pytest.raises(TypeError, match="unhashable type: 'Dimension'"):
        hash(Dimension(3))
    with pytest.raises(TypeError, match="unhashable type: 'TensorShape'"):
        hash(FULL)


@pytest.mark.parametrize(
    ("dims", "text", "representation"),
    [
        ([2, 3], "(2, 3)", "TensorShape([Dimension(2), Dimension(3)])"),
        ([None, 3], "(?, 3)", "TensorShape([Dimension(None), Dimension(3)])"),
        ([4], "(4,)", "TensorShape([Dimension(4)])"),
        ([], "()", "TensorShape([])"),
        (None, "<unknown>", "TensorShape(None)"),
        (3, "(3,)", "TensorShape([Dimension(3)])"),
        (Dimension(3), "(3,)", "TensorShape([Dimension(3)])"),
        ([Dimension(3), None, "5"], "(3, ?, 5)", None),
        (np.array([1, 2]), "(1, 2)", None),
        ((d for d in (1, 2)), "(1, 2)", None),
        (PARTIAL, "(?, 3)", None),
        (SimpleNamespace(unknown_rank=True, dim=[]), "<unknown>", None),
        (
            SimpleNamespace(unknown_rank=False, dim=[SimpleNamespace(size=n) for n in (-1, 3)]),
            "(?, 3)",
            None,
        ),
    ],
)
def test_shape_takes_and_prints(dims, text, representation):
    shape = TensorShape(dims)
    assert str(shape) == text
    assert representation is None or repr(shape) == representation


@pytest.mark.parametrize(
    ("dims", "error", "message"),
    [
        (
            "abc",
            TypeError,
            "A string has ambiguous TensorShape, please wrap in a list or convert to an int: abc",
        ),
        (-1, ValueError, "Dimension -1 must be >= 0"),
        ([1, -1], ValueError, "Dimension -1 must be >= 0"),
        ([1.5], ValueError, "Ambiguous dimension: 1.5"),
        (dtypes.float32, TypeError, "Cannot convert <dtype: 'float32'> to Dimension"),
        ({"a": 1}, ValueError, "invalid literal for int() with base 10: 'a'"),
    ],
)
def test_shape_refuses(dims, error, message):
    with pytest.raises(error) as caught:
        TensorShape(dims)
    assert str(caught.value) == message


def test_shape_refuses_an_object_that_refuses_to_be_iterated():
    class Symbolic:
        def __iter__(self):
            raise TypeError("iterating is not allowed")

    with pytest.raises(TypeError, match="iterating is not allowed"):
        TensorShape(Symbolic())


def test_rank_and_sizes():
    assert (FULL.rank, FULL.ndims, UNKNOWN.rank, UNKNOWN.ndims) == (2, 2, None, None)
    assert (FULL.sizes, PARTIAL.sizes, UNKNOWN.sizes) == ((2, 3), (None, 3), None)
    assert (PARTIAL.as_list(), [d.value for d in PARTIAL.dims], UNKNOWN.dims) == (
        [None, 3],
        [None, 3],
        None,
    )
    assert (FULL.num_elements(), PARTIAL.num_elements(), UNKNOWN.num_elements()) == (6, None, None)
    assert shapes.scalar().num_elements() == 1
    assert (FULL.is_fully_defined(), PARTIAL.is_fully_defined(), UNKNOWN.is_fully_defined()) == (
        True,
        False,
        False,
    )
    assert (bool(UNKNOWN), bool(shapes.scalar())) == (False, True)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (len, "Cannot take the length of shape with unknown rank."),
        (iter, "Cannot iterate over a shape with unknown rank."),
        (list, "Cannot iterate over a shape with unknown rank."),
        (TensorShape.as_list, "as_list() is not defined on an unknown TensorShape."),
        (TensorShape.assert_is_fully_defined, "Shape <unknown> is not fully defined"),
        (lambda s: s[1:3:1], "Steps are not yet handled"),
        (lambda s: s != FULL, "The inequality of unknown TensorShapes is undefined."),
    ],
)
def test_unknown_rank_errors(ask, message):
    with pytest.raises(ValueError) as caught:
        ask(UNKNOWN)
    # list() asks for the length first, but only as a hint.
    assert str(caught.value) in (message, "Cannot take the length of shape with unknown rank.")


def test_indexing_gives_dimensions_and_slices_give_shapes():
    assert repr([FULL[0], PARTIAL[0], FULL[-1]]) == "[Dimension(2), Dimension(None), Dimension(3)]"
    assert repr(list(FULL)) == "[Dimension(2), Dimension(3)]"
    assert (str(FULL[0:1]), str(FULL[::-1]), str(PARTIAL[1:])) == ("(2,)", "(3, 2)", "(3,)")
    with pytest.raises(IndexError, match=r"^list index out of range$"):
        _ = FULL[5]
    with pytest.raises(TypeError, match=r"^list indices must be integers or slices, not str$"):
        _ = FULL["a"]
    assert repr(UNKNOWN[7]) == "Dimension(None)"
    assert [str(UNKNOWN[1:]), str(UNKNOWN[1:3]), str(UNKNOWN[-1:2]), str(UNKNOWN[:2])] == [
        "<unknown>",
        "(?, ?)",
        "<unknown>",
        "(?, ?)",
    ]
    assert str(UNKNOWN[3:1]) == "()"
    assert 2 in FULL and None not in PARTIAL


def test_shape_stands_for_a_tuple_where_numpy_wants_one():
    assert np.zeros(FULL).shape == (2, 3)
    assert tuple(FULL) == (2, 3)


def test_merging():
    assert FULL.merge_with(PARTIAL).sizes == PARTIAL.merge_with(FULL).sizes == (2, 3)
    assert PARTIAL.merge_with([5, None]).sizes == (5, 3)
    assert UNKNOWN.merge_with(FULL) is FULL
    assert FULL.merge_with(None).sizes == (2, 3)
    for other, text in (([2, 4], "(2, 4)"), ([2], "(2,)")):
        with pytest.raises(ValueError) as caught:
            FULL.merge_with(other)
        assert str(caught.value) == f"Shapes (2, 3) and {text} are not compatible"


def test_concatenating():
    assert (FULL + [1]).sizes == FULL.concatenate([1]).sizes == (2, 3, 1)
    assert ([1] + FULL).sizes == (1, 2, 3)
    assert FULL.concatenate(4).sizes == (2, 3, 4)
    assert (PARTIAL + FULL).sizes == (None, 3, 2, 3)
    assert (FULL + None).sizes is (UNKNOWN + FULL).sizes is None


def test_rank_requirements():
    assert UNKNOWN.with_rank(2).sizes == (None, None)
    assert PARTIAL.with_rank(2).sizes == (None, 3)
    assert UNKNOWN.with_rank_at_most(1) is UNKNOWN
    assert FULL.with_rank_at_least(2) is FULL
    FULL.assert_same_rank(None)
    UNKNOWN.assert_has_rank(3)
    for check, message in (
        (lambda: FULL.assert_same_rank([1]), "Shapes (2, 3) and (1,) must have the same rank"),
        (lambda: FULL.assert_has_rank(3), "Shape (2, 3) must have rank 3"),
        (lambda: FULL.with_rank(3), "Shape (2, 3) must have rank 3"),
        (lambda: FULL.with_rank_at_least(3), "Shape (2, 3) must have rank at least 3"),
        (lambda: FULL.with_rank_at_most(1), "Shape (2, 3) must have rank at most 1"),
        (lambda: PARTIAL.assert_is_fully_defined(), "Shape (?, 3) is not fully defined"),
        (
            lambda: FULL.assert_is_compatible_with([2]),
            "Shapes (2, 3) and [2] are incompatible",
        ),
    ):
        with pytest.raises(ValueError) as caught:
            check()
        assert str(caught.value) == message


def test_compatibility():
    assert FULL.is_compatible_with([2, None])
    assert FULL.is_compatible_with(None)
    assert not FULL.is_compatible_with([2, 4])
    assert not FULL.is_compatible_with([2])
    assert FULL.most_specific_compatible_shape([2, 5]).sizes == (2, None)
    assert PARTIAL.most_specific_compatible_shape([None, 3]).sizes == (None, 3)
    assert FULL.most_specific_compatible_shape([2]).sizes is None


def test_unknown_size_equals_only_itself():
    assert FULL == [2, 3] == FULL
    assert FULL == (2, 3)
    assert UNKNOWN == TensorShape(None)
    assert UNKNOWN == None  # noqa: E711
    assert not (UNKNOWN == FULL)
    assert PARTIAL == PARTIAL
    assert TensorShape(PARTIAL) == PARTIAL
    assert PARTIAL[:1] == PARTIAL[:1]
    assert PARTIAL + [1] == PARTIAL + [1]
    assert not (PARTIAL == [None, 3])
    assert PARTIAL != TensorShape([None, 3])
    assert not (PARTIAL != PARTIAL)
    assert FULL != [2]
    assert FULL != [2, 4]
    assert not (FULL != [2, 3])
    assert FULL != "x"
    with pytest.raises(ValueError, match="Dimension -1 must be >= 0"):
        _ = FULL == [-1]
    with pytest.raises(ValueError, match="inequality of unknown"):
        _ = FULL != None  # noqa: E711


def test_making_shapes():
    assert as_shape(FULL) is FULL
    assert (unknown_shape().sizes, unknown_shape(2).sizes, unknown_shape(rank=0).sizes) == (
        None,
        (None, None),
        (),
    )
    assert unknown_shape(ndims=2).sizes == (None, None)
    with pytest.raises(TypeError, match=r"^Unknown argument: {'foo': 2}$"):
        unknown_shape(foo=2)
    assert (shapes.scalar().sizes, shapes.vector(3).sizes, shapes.matrix(2, None).sizes) == (
        (),
        (3,),
        (2, None),
    )
    assert [shapes.dimension_value(d) for d in (Dimension(3), 4, None)] == [3, 4, None]
    assert repr(shapes.dimension_at_index(UNKNOWN, 3)) == "Dimension(None)"
    assert repr(shapes.dimension_at_index(FULL, 1)) == "Dimension(3)"


def test_copies_and_pickles():
    for shape in (UNKNOWN, PARTIAL, FULL):
        for twin in (copy.copy(shape), copy.deepcopy(shape), pickle.loads(pickle.dumps(shape))):
            assert twin.sizes == shape.sizes
    assert pickle.loads(pickle.dumps(Dimension(3))).value == 3


def test_v2_behaviour_gives_plain_sizes():
    shapes.enable_v2_tensorshape()
    try:
        assert (FULL[0], list(PARTIAL), UNKNOWN[0]) == (2, [None, 3], None)
        assert (repr(PARTIAL), str(PARTIAL)) == ("TensorShape([None, 3])", "(None, 3)")
        assert (repr(UNKNOWN), str(UNKNOWN), str(TensorShape([4]))) == (
            "TensorShape(None)",
            "<unknown>",
            "(4,)",
        )
        assert repr(FULL.dims) == "[Dimension(2), Dimension(3)]"
    finally:
        shapes.disable_v2_tensorshape()


partial_shapes = st.none() | st.lists(st.none() | st.integers(0, 4), max_size=4)


@given(partial_shapes, partial_shapes)
def test_merging_is_defined_exactly_for_compatible_shapes(a, b):
    left, right = TensorShape(a), TensorShape(b)
    if not left.is_compatible_with(right):
        with pytest.raises(ValueError, match="not compatible"):
            left.merge_with(right)
        return
    merged = left.merge_with(right)
    assert merged.sizes == right.merge_with(left).sizes
    assert merged.merge_with(left).sizes == merged.sizes
    assert merged.is_compatible_with(left) and merged.is_compatible_with(right)


@given(partial_shapes, partial_shapes)
def test_most_specific_shape_fits_both(a, b):
    left, right = TensorShape(a), TensorShape(b)
    common = left.most_specific_compatible_shape(right)
    assert common.is_compatible_with(left) and common.is_compatible_with(right)
    assert left.most_specific_compatible_shape(left).sizes == left.sizes
