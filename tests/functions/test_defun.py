"""Functions of a graph's library: definitions, hashes, bodies, and plans that hold them."""

import numpy as np
import pytest

import evergraph as tf
from evergraph import protos
from evergraph.functions.defun import (
    Declare,
    Defun,
    from_definition,
    get_extra_args,
    get_extra_inputs,
)
from evergraph.functions.func_graph import function_def_to_graph
from evergraph.functions.functional_ops import If, While
from evergraph.serialize.function_hash import hash64
from evergraph.serialize.function_library import from_library


# Values of tf.string_to_hash_bucket(text, 2**62) on TensorFlow 1.15.5.
@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"", 105434511174508091),
        (b"a", 2996632905371535868),
        (b"abcdefgh", 3429851175771700306),
        (b"abcdefghijkl\xff", 899084955378789776),
    ],
)
def test_hash_is_tensorflows(text: bytes, value: int) -> None:
    assert hash64(text) % 2**62 == value


def square() -> Defun:
    @Defun(tf.float32)
    def square(x):
        return x * x

    return square


def test_a_definition_makes_a_function_that_computes_the_same() -> None:
    with tf.Graph().as_default():
        definition = square().definition
        again = from_definition(protos.FunctionDef.FromString(definition.SerializeToString()))
        assert again.definition == definition
        y = again(3.0)
        assert y.op.type == definition.signature.name
        (d,) = tf.gradients(y, y.op.inputs[0])
        with tf.Session() as session:
            assert session.run([y, d]) == [9.0, 6.0]


def test_a_definition_becomes_a_graph() -> None:
    with tf.Graph().as_default():
        graph = function_def_to_graph(square().definition, [tf.TensorShape([2])])
    assert [t.name for t in graph.inputs] == ["x:0"]
    assert graph.outputs[0].shape.as_list() == [2]
    with pytest.raises(ValueError, match="Length of input_shapes must match"):
        function_def_to_graph(square().definition, [None, None])


def test_library_with_missing_or_cyclic_gradients_is_refused() -> None:
    definition = square().definition
    name = definition.signature.name
    library = protos.FunctionDefLibrary(function=[definition])
    library.gradient.add(function_name=name, gradient_func="nothing")
    with pytest.raises(ValueError, match="FunctionDefLibrary missing 'nothing' FunctionDef"):
        from_library(library)
    library.gradient[0].gradient_func = name
    with pytest.raises(ValueError, match="cyclic gradient functions"):
        from_library(library)
    assert from_library(protos.FunctionDefLibrary()) == []


def test_a_declared_function_is_defined_later() -> None:
    with tf.Graph().as_default():
        declared = Declare("later", [("n", tf.int32), ("x", tf.float32)], [("z", tf.float32)])
        z = declared(2, 3.0, name="call")
        assert (z.op.type, z.op.name, z.dtype) == ("later", "call", tf.float32)
        with tf.Session() as session:
            with pytest.raises(tf.errors.NotFoundError, match="Function later is not defined"):
                session.run(z)

            @Defun(tf.int32, tf.float32, func_name="later", out_names=["z"])
            def later(n, x):
                return tf.cast(n, tf.float32) * x

            later.add_to_graph(z.graph)
            assert session.run(z) == 6.0


def test_two_functions_of_one_name_are_refused() -> None:
    with tf.Graph().as_default():
        Defun(tf.float32, func_name="f")(lambda x: x)(1.0)
        with pytest.raises(tf.errors.InvalidArgumentError, match="Cannot add function 'f'"):
            Defun(tf.float32, func_name="f")(lambda x: x + 1.0)(1.0)


def test_extra_inputs_are_known_while_the_body_is_built() -> None:
    with tf.Graph().as_default():
        c = tf.constant(2.0)
        seen = []

        @Defun(tf.float32)
        def f(x):
            y = x * c
            seen.extend([get_extra_inputs(), get_extra_args()])
            return y

        f(1.0)
        assert seen[0] == [c]
        assert seen[1][0].op.type == "Placeholder"
        assert get_extra_inputs() == get_extra_args() == []


def test_plan_follows_a_changed_operation() -> None:
    with tf.Graph().as_default():
        a, b = tf.constant(2.0), tf.constant(5.0)
        y = square()(a)
        z = tf.add(y, 1.0)
        with tf.Session() as session:
            assert session.run(z) == 5.0
            y.op._update_input(0, b)
            assert session.run(z) == 26.0
            z.op._update_input(0, a)
            assert session.run(z) == 3.0


def test_a_fed_tensor_cuts_the_call_off() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [])
        y = square()(x)
        z = y + 1.0
        with tf.Session() as session:
            assert session.run(z, {y: 4.0}) == 5.0
            assert session.run([y, z], {y: 4.0}) == [4.0, 5.0]
            with pytest.raises(tf.errors.InvalidArgumentError, match="You must feed a value"):
                session.run(z)


def test_errors_of_a_body_name_the_call_and_the_users_line() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None])
        f = Defun(tf.float32)(lambda x: tf.reshape(x, [2]))
        y = f(x, name="mine")
        with (
            tf.Session() as session,
            pytest.raises(
                tf.errors.InvalidArgumentError, match=r"test_defun.*f\(x, name="
            ) as caught,
        ):
            session.run(y, {x: np.zeros(3)})
        assert "mine/Reshape" in str(caught.value)
    assert caught.value.op is y.op


def test_a_function_without_end_is_refused() -> None:
    with tf.Graph().as_default() as graph:
        definition = square().definition
        node = definition.node_def[0]
        node.op, node.input[:] = "endless", ["x"]
        node.attr.clear()
        definition.signature.name = "endless"
        definition.signature.output_arg[0].name = "mul"
        definition.ret["mul"] = f"{node.name}:mul:0"
        graph._add_function(from_definition(definition))
        y = graph.create_op("endless", [tf.constant(1.0)], name="call").outputs[0]
        with (
            tf.Session() as session,
            pytest.raises(NotImplementedError, match="Function endless calls itself"),
        ):
            session.run(y)


def test_a_missing_function_is_named() -> None:
    with tf.Graph().as_default():
        (y,) = tf.raw_ops.PartitionedCall(args=[tf.constant(1.0)], Tout=[tf.float32], f="nothing")
        with (
            tf.Session() as session,
            pytest.raises(tf.errors.NotFoundError, match="Function nothing is not defined"),
        ):
            session.run(y)


def test_loops_and_branches_inside_each_other() -> None:
    with tf.Graph().as_default():
        triple = Defun(tf.float32)(lambda x: x * 3.0)

        @Defun(tf.int32, tf.float32)
        def cond(i, x):
            return i < 6

        @Defun(tf.int32, tf.float32)
        def body(i, x):
            (y,) = If(tf.equal(i % 2, 0), [x], triple, square())
            return i + 1, y

        n = tf.placeholder(tf.int32, [])
        _, x = While([n, tf.constant(2.0)], cond, body)

        def expected(i: int, x: float) -> float:
            while i < 6:
                x = x * 3.0 if i % 2 == 0 else x * x
                i += 1
            return x

        with tf.Session() as session:
            for start in (6, 5, 3, 4, 2):
                for _ in range(3):
                    np.testing.assert_allclose(session.run(x, {n: start}), expected(start, 2.0))


def test_gradient_of_a_branch_reads_its_variable() -> None:
    with tf.Graph().as_default():
        v = tf.Variable([1.0, 2.0], use_resource=True)
        x, p = tf.constant([3.0, 4.0]), tf.placeholder(tf.bool, [])

        @Defun(tf.resource, tf.float32)
        def reads(handle, x):
            return tf.raw_ops.ReadVariableOp(resource=handle, dtype=tf.float32) * x

        @Defun(tf.resource, tf.float32)
        def ignores(handle, x):
            return x * x

        (y,) = If(p, [v.handle, x], reads, ignores)
        d = tf.gradients(y, [v, x])
        with tf.Session() as session:
            session.run(v.initializer)
            for choice, wanted in ((True, [[3, 4], [1, 2]]), (False, [[0, 0], [6, 8]])):
                for got, want in zip(session.run(d, {p: choice}), wanted, strict=True):
                    np.testing.assert_array_equal(got, want)


def test_gradient_goes_through_a_loop_in_a_function() -> None:
    # TensorFlow 1.15.5 gives zeros: its own SymbolicGradient knows no loops.
    with tf.Graph().as_default():

        @Defun(tf.float32)
        def power(x):
            start = [tf.constant(0), x]
            return tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * x), start)[1]

        x = tf.constant(2.0)
        y = power(x)
        with tf.Session() as session:
            for _ in range(4):
                assert session.run([y, *tf.gradients(y, x)]) == [256.0, 1024.0]
