"""Ops that 1.15 doesn't build any more, but old graphs hold: as those that replaced them."""

import numpy as np

from evergraph.core import dtypes
from evergraph.graph.graph import Graph
from evergraph.ops import tensor_array_ops
from evergraph.ops.array_layout import TILE_GRAD
from evergraph.ops.random_distributions import RANDOM_POISSON, RANDOM_POISSON_V2
from evergraph.ops.top_k import TOP_K, top_k
from evergraph.runtime.session import Session


def test_top_k_is_top_k_v2_with_k_as_an_attr():
    values = np.float32([[1, 3, 2], [4, 4, 0]])
    with Graph().as_default() as graph:
        old, new = TOP_K(values, k=2), top_k(values, 2)
        assert [t.shape.as_list() for t in old] == [[2, 2], [2, 2]]
    with Session(graph=graph) as session:
        for got, want in zip(*session.run([list(old), list(new)]), strict=True):
            np.testing.assert_array_equal(got, want)


def test_random_poisson_is_its_second_version():
    rates = np.float32([0.5, 30])
    with Graph().as_default() as graph:
        old = RANDOM_POISSON([4], rates, seed=1, seed2=2)
        new = RANDOM_POISSON_V2([4], rates, dtype=old.dtype, seed=1, seed2=2)
    with Session(graph=graph) as session:
        got, want = session.run([old, new])
        np.testing.assert_array_equal(got, want)
        assert got.shape == (4, 2)


def test_tile_grad_sums_over_the_copies():
    with Graph().as_default() as graph:
        summed = TILE_GRAD(np.arange(12, dtype=np.float32).reshape(2, 6), [1, 3])
        assert summed.shape.as_list() == [2, 2]
    with Session(graph=graph) as session:
        np.testing.assert_array_equal(session.run(summed), [[6, 9], [24, 27]])


def test_first_tensor_arrays_are_their_third_generation():
    x = np.float32([[1, 2], [3, 4]])
    with Graph().as_default() as graph:
        array = tensor_array_ops.TENSOR_ARRAY(2, dtype=dtypes.float32)
        flow = tensor_array_ops.TENSOR_ARRAY_UNPACK(array, x, 0.0)
        packed = tensor_array_ops.TENSOR_ARRAY_PACK(array, flow, dtype=dtypes.float32)
        gradient = tensor_array_ops.TENSOR_ARRAY_GRAD(array, flow, source="gradients")
        for index, row in enumerate(10 * x):
            flow = tensor_array_ops.WRITES[2](gradient, index, row, flow)
        read = tensor_array_ops.READS[2](gradient, 1, flow, dtype=dtypes.float32)
        size = tensor_array_ops.SIZES[2](gradient, flow)
    with Session(graph=graph) as session:
        for _ in range(4):
            got = session.run([packed, read, size])
            for value, want in zip(got, [x, [30, 40], 2], strict=True):
                np.testing.assert_array_equal(value, want)
