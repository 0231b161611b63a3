import pytest

from evergraph.variables.partition_info import PartitionInfo


def test_a_slice_that_is_the_whole_has_no_axis():
    info = PartitionInfo(full_shape=[4, 6], var_offset=[0, 0])
    assert info.single_slice_dim([4, 6]) is None
    assert info.single_offset([4, 6]) == 0


def test_a_slice_along_one_axis():
    info = PartitionInfo(full_shape=[4, 6], var_offset=[0, 3])
    assert info.single_slice_dim([4, 2]) == 1
    assert info.single_offset([4, 2]) == 3


@pytest.mark.parametrize(
    ("shape", "error", "words"),
    [
        ("ab", TypeError, "`shape` must be a sequence"),
        ([4], ValueError, "Expected equal length"),
        ([4, 7], ValueError, "would exceed self.full_shape"),
        ([3, 2], ValueError, "Cannot use single_slice_dim()"),
    ],
)
def test_shapes_that_are_no_slices(shape, error, words):
    info = PartitionInfo(full_shape=[4, 6], var_offset=[0, 0])
    with pytest.raises(error, match=words.replace("(", r"\(").replace(")", r"\)")):
        info.single_slice_dim(shape)


@pytest.mark.parametrize(
    ("full_shape", "var_offset", "error"),
    [
        ("ab", [0, 0], TypeError),
        ([1, 2], 3, TypeError),
        ([1, 2], [0], ValueError),
        ([1, 2], [0, 2], ValueError),
        ([1, 2], [0, -1], ValueError),
    ],
)
def test_offsets_outside_of_the_whole(full_shape, var_offset, error):
    with pytest.raises(error):
        PartitionInfo(full_shape, var_offset)
