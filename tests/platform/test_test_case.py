"""tf.test.TestCase and the gradient checker: what TensorFlow's own tests stand on."""

import sys
import unittest

import numpy as np
import pytest

import evergraph as tf
from evergraph.platform import gradient_checker_v2, test_decorators
from evergraph.platform.graph_assertions import (
    assert_equal_graph_def,
    assert_ops_in_graph,
    get_node_def_from_graph,
)

# Spelt out, lest a linter renames them.
OLD = ("assertRaisesRegexp", "assertEquals", "assertRegexpMatches")


def run_tests(body):
    """(number of tests, [(failed or broken test, text)]) of a class with that body."""
    cls = type("Case", (tf.test.TestCase,), body)
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(cls)
    result = unittest.TestResult()
    suite.run(result)
    return result.testsRun, [(t._testMethodName, e) for t, e in result.failures + result.errors]


def fails_with(assertion, text):
    _, wrong = run_tests({"testIt": lambda self: assertion(self)})
    assert wrong and text in wrong[0][1], wrong


def passes(assertion):
    _, wrong = run_tests({"testIt": lambda self: assertion(self)})
    assert not wrong, wrong[0][1]


def test_each_test_has_an_empty_graph_and_a_cached_session():
    def first(self):
        tf.constant(1, name="c")
        with self.cached_session() as one, self.cached_session() as two:
            self.assertIs(one, two)
            self.assertEqual("/device:CPU:0", tf.constant(1).device)
        with self.session(use_gpu=True):
            self.assertEqual("", tf.constant(1).device)
        self.assertEqual(87654321, tf.get_default_graph().seed)

    def second(self):
        self.assertEqual([], tf.get_default_graph().get_operations())
        self.assertEqual(3, self.evaluate(tf.constant(3)))

    assert run_tests({"testA": first, "testB": second}) == (3, [])


def test_closeness():
    passes(lambda self: self.assertAllClose([1.0, np.nan], [1.0 + 1e-7, np.nan]))
    passes(lambda self: self.assertAllClose({"a": [tf.constant(1.0)]}, {"a": [1.0]}))
    passes(lambda self: self.assertAllClose([1, [2, 3]], (1, (2, 3))))
    fails_with(lambda self: self.assertAllClose([0.0], [1.0]), "not close dif = [1.]")
    fails_with(lambda self: self.assertAllClose([0.0, 1.0], [0.0]), "Shape mismatch")
    fails_with(lambda self: self.assertAllClose({"a": 1}, {"b": 1}), "mismatched keys")
    fails_with(lambda self: self.assertAllClose(1, {"a": 1}), "Can't compare dict to non-dict")
    passes(lambda self: self.assertNotAllClose([0.0], [1.0]))
    passes(lambda self: self.assertNear(1.0, 1.1, 0.2))
    fails_with(lambda self: self.assertArrayNear([1.0], [1.5], 0.1), "1.000000 != 1.500000")
    half = np.array([1.0], np.float16)
    passes(lambda self: self.assertAllCloseAccordingToType(half, half + half * 0.0009))


def test_equality():
    passes(lambda self: self.assertAllEqual(tf.constant([1, 2]), [1, 2]))
    passes(lambda self: self.assertAllEqual([np.nan, 1.0], [np.nan, 1.0]))
    passes(lambda self: self.assertAllEqual(np.array([b"a"], object), [b"a"]))
    fails_with(lambda self: self.assertAllEqual([1, 2], [1, 3]), "not equal rhs = array([3])")
    fails_with(lambda self: self.assertAllEqual(1, 2), "not equal where")
    passes(lambda self: self.assertShapeEqual(np.zeros([2, 3]), tf.zeros([2, 3])))
    passes(lambda self: self.assertDTypeEqual(tf.constant(1.0), np.float32))
    passes(lambda self: self.assertAllInRange([1.0, 2.0], 1.0, 2.0))
    fails_with(lambda self: self.assertAllInRange([1.0], 1.0, 2.0, True), "not in the range (1")
    fails_with(lambda self: self.assertAllInSet([1, 2], {1}), "[2] not in expected set")
    passes(lambda self: self.assertAllGreater([2, 3], 1))


def test_errors():
    def reports(self):
        x = tf.placeholder(tf.float32, name="x")
        with self.session() as session, self.assertRaisesOpError("x.*must be fed|feed a value"):
            session.run(x)
        with getattr(self, OLD[0])(ValueError, "abc"):
            raise ValueError("abcd")
        with self.assertRaisesWithPredicateMatch(ValueError, lambda e: "b" in str(e)):
            raise ValueError("abcd")

    passes(reports)

    def misses(self):
        with self.assertRaisesOpError("nothing"):
            pass

    fails_with(misses, "OpError not raised")


def test_messages():
    text = "node { name: 'a' op: 'NoOp' } versions { producer: 134 }"

    def same(self):
        graph_def = tf.GraphDef()
        node = graph_def.node.add()
        node.name, node.op = "a", "NoOp"
        self.assertProtoEqualsVersion("node { name: 'a' op: 'NoOp' }", self.versioned(graph_def))
        self.assertProtoEquals(text, self.versioned(graph_def))

    def versioned(self, graph_def):
        graph_def.versions.producer = 134
        return graph_def

    assert run_tests({"testIt": same, "versioned": versioned}) == (2, [])
    fails_with(lambda self: self.assertProtoEquals("op: 'A'", tf.NodeDef(op="B")), '+ op: "B"')


def test_threads_and_streams():
    def both(self):
        found = []
        thread = self.checkedThread(target=found.append, args=(1,))
        thread.start()
        thread.join()
        self.assertEqual([1], found)

    passes(both)

    def broken(self):
        thread = self.checkedThread(target=lambda: 1 / 0)
        thread.start()
        thread.join()

    fails_with(broken, "Error in checkedThread: division by zero")


def test_what_python_dropped_is_there():
    assert sys.version_info >= (3, 11)
    passes(lambda self: self.assertItemsEqual([1, 2], [2, 1]))
    passes(lambda self: getattr(self, OLD[1])(1, 1))
    passes(lambda self: getattr(self, OLD[2])("abc", "b"))


def test_class_decorators():
    seen = []

    class Case(tf.test.TestCase):
        def testIt(self):
            seen.append(tf.get_default_session() is not None)

    cls = test_decorators.run_all_in_graph_and_eager_modes(Case)
    cls = test_decorators.with_control_flow_v2(cls)
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(cls)
    result = unittest.TestResult()
    suite.run(result)
    assert result.wasSuccessful()
    assert seen == [True, True]
    combinations = test_decorators.generate_combinations_with_testcase_name(a=[1, 2], b=["x"])
    assert [c["testcase_name"] for c in combinations] == ["_test_a_1_b_x", "_test_a_2_b_x"]


def test_skipping_decorators():
    class Case(tf.test.TestCase):
        @test_decorators.run_v2_only
        def testTwo(self):
            raise AssertionError

        @test_decorators.skip_if(True)
        def testNever(self):
            raise AssertionError

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Case).run(result)
    assert result.wasSuccessful() and len(result.skipped) == 2  # test_session is the other


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_the_gradient_checker_finds_both_jacobians(session):
    x = tf.placeholder(tf.float64, [3])
    y = tf.stack([x[0] * x[1], tf.sin(x[2])])
    at = np.array([2.0, 3.0, 0.5])
    theoretical, numeric = tf.test.compute_gradient(x, [3], y, [2], x_init_value=at)
    want = [[3.0, 0.0], [2.0, 0.0], [0.0, np.cos(0.5)]]
    np.testing.assert_allclose(theoretical, want)
    np.testing.assert_allclose(numeric, want, atol=1e-6)
    assert tf.test.compute_gradient_error(x, [3], y, [2], x_init_value=at) < 1e-6


def test_the_gradient_checker_sees_a_wrong_gradient(session):
    @tf.custom_gradient
    def wrong(x):
        return x * x, lambda dy: dy

    x = tf.placeholder(tf.float64, [1])
    error = tf.test.compute_gradient_error(x, [1], wrong(x), [1], x_init_value=np.array([3.0]))
    assert error == pytest.approx(5, rel=1e-5)


def test_complex_and_sparse_gradients(session):
    x = tf.placeholder(tf.complex128, [2])
    y = tf.square(x)
    assert (
        tf.test.compute_gradient_error(x, [2], y, [2], x_init_value=np.array([1 + 2j, 3j])) < 1e-6
    )
    table = tf.placeholder(tf.float64, [4, 2])
    rows = tf.gather(table, [1, 1, 3])
    assert tf.test.compute_gradient_error(table, [4, 2], rows, [3, 2]) < 1e-6


def test_a_list_of_inputs_and_the_second_checker(session):
    x, y = tf.placeholder(tf.float64, [2]), tf.placeholder(tf.float64, [2])
    starts = [np.array([1.0, 2.0]), np.array([3.0, 4.0])]
    feeds = dict(zip([x, y], starts, strict=True))
    error = tf.test.compute_gradient_error(
        [x, y], [[2], [2]], x * y, [2], x_init_value=starts, extra_feed_dict=feeds
    )
    assert error < 1e-6
    theoretical, numeric = gradient_checker_v2.compute_gradient(tf.multiply, starts)
    np.testing.assert_allclose(theoretical[0], np.diag([3.0, 4.0]))
    assert gradient_checker_v2.max_error(theoretical, numeric) < 1e-6


def test_graphs_are_compared_node_by_node(session):
    tf.constant(5, name="five")
    one = tf.get_default_graph().as_graph_def()
    tf.constant(7, name="seven")
    two = tf.get_default_graph().as_graph_def()
    assert_equal_graph_def(one, one)
    with pytest.raises(AssertionError, match=r"Found unexpected node '\{\{node seven\}\}"):
        assert_equal_graph_def(two, one)
    with pytest.raises(AssertionError, match=r"Did not find expected node '\{\{node seven\}\}"):
        assert_equal_graph_def(one, two)
    assert assert_ops_in_graph({"five": "Const"}, tf.get_default_graph())
    with pytest.raises(ValueError, match="Not all expected ops are present"):
        assert_ops_in_graph({"six": "Const"}, tf.get_default_graph())
    assert get_node_def_from_graph("five", one).op == "Const"
