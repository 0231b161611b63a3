"""core/errors.py: classes, codes and argument lists are those of TensorFlow 1.15.5."""

import copy
import pickle
from types import SimpleNamespace

import pytest

from evergraph.core import errors

CODES = {
    "CancelledError": 1,
    "UnknownError": 2,
    "InvalidArgumentError": 3,
    "DeadlineExceededError": 4,
    "NotFoundError": 5,
    "AlreadyExistsError": 6,
    "PermissionDeniedError": 7,
    "ResourceExhaustedError": 8,
    "FailedPreconditionError": 9,
    "AbortedError": 10,
    "OutOfRangeError": 11,
    "UnimplementedError": 12,
    "InternalError": 13,
    "UnavailableError": 14,
    "DataLossError": 15,
    "UnauthenticatedError": 16,
}


@pytest.mark.parametrize(("name", "code"), CODES.items())
def test_each_code_has_its_class(name, code):
    cls = getattr(errors, name)
    assert cls.__bases__ == (errors.OpError,)
    assert errors.exception_type_from_error_code(code) is cls
    assert errors.error_code_from_exception_type(cls) == code
    error = cls("node", None, "what happened")
    assert (error.node_def, error.op, error.message, error.error_code) == (
        "node",
        None,
        "what happened",
        code,
    )
    assert str(error) == "what happened"
    assert error.args == ()


@pytest.mark.parametrize("name", CODES)
def test_errors_copy_and_pickle(name):
    error = getattr(errors, name)(None, None, "what happened")
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert (type(twin), twin.message, twin.error_code) == (
            type(error),
            "what happened",
            CODES[name],
        )
    base = pickle.loads(pickle.dumps(errors.OpError(None, None, "m", 3)))
    assert (type(base), base.message, base.error_code) == (errors.OpError, "m", 3)


def test_constants_are_the_codes():
    assert errors.OK == 0
    assert {
        errors.exception_type_from_error_code(getattr(errors, constant)).__name__
        for constant in vars(errors)
        if constant.isupper() and constant != "OK" and not constant.startswith("_")
    } == CODES.keys()


def test_unknown_error_may_carry_another_code():
    assert errors.UnknownError(None, None, "m").error_code == errors.UNKNOWN
    assert errors.UnknownError(None, None, "m", 77).error_code == 77


def test_unknown_codes_and_classes():
    with pytest.raises(KeyError):
        errors.exception_type_from_error_code(errors.OK)
    with pytest.warns(UserWarning, match=r"^Unknown class exception$"):
        error = errors.error_code_from_exception_type(ValueError)
    assert type(error) is errors.UnknownError
    with pytest.warns(UserWarning, match=r"^Unknown error code: 37$"):
        error = errors._make_specific_exception(None, None, "m", 37)
    assert (type(error), error.error_code) == (errors.UnknownError, 37)


def test_status_context_raises_what_the_status_says():
    with errors.raise_exception_on_not_ok_status():
        pass
    with (
        pytest.raises(errors.NotFoundError, match=r"^no such thing$"),
        errors.raise_exception_on_not_ok_status() as status,
    ):
        status.code, status.message = errors.NOT_FOUND, "no such thing"


def test_string_names_where_the_operation_was_created():
    op = SimpleNamespace(created_at="train.py:23 in main: y = tf.log(x)")
    error = errors.InvalidArgumentError(None, op, "Nan in y")
    assert error.message == "Nan in y"
    assert str(error) == "Nan in y\n  created:  train.py:23 in main: y = tf.log(x)"
    said = errors.explain("Nan in y", created="train.py:23", fix="feed positive x")
    assert str(errors.InvalidArgumentError(None, op, said)) == said


def test_explain_labels_what_it_is_given():
    message = errors.explain(
        "Dimensions must be equal, but are 784 and 128",
        expected="columns of a == rows of b",
        given=["a = 'x:0' float32 [?,784]", "b = 'W/read:0' float32 [128,10]"],
        created="train.py:23 in build_model: h = tf.matmul(x, w)",
        fix="give W the shape [784, n]\nor transpose it",
    )
    assert message.splitlines() == [
        "Dimensions must be equal, but are 784 and 128",
        "  expected: columns of a == rows of b",
        "  given:    a = 'x:0' float32 [?,784], b = 'W/read:0' float32 [128,10]",
        "  created:  train.py:23 in build_model: h = tf.matmul(x, w)",
        "  fix:      give W the shape [784, n]",
        "            or transpose it",
    ]
    assert errors.explain("only this") == "only this"


def test_near_names():
    assert errors.near_names("wieghts", ["weights", "biases", "weight_decay"])[0] == "weights"
    assert errors.near_names("zzz", ["weights"]) == []


def test_unsupported_is_also_not_implemented():
    assert issubclass(errors.UnsupportedError, errors.EvergraphError)
    assert issubclass(errors.UnsupportedError, NotImplementedError)
    assert not issubclass(errors.EvergraphError, errors.OpError)
