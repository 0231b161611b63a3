"""tf_decorator, tf_inspect, deprecation, strings: tools of TensorFlow that programs import."""

import functools

import pytest

from evergraph.platform import deprecation, strings, tf_decorator, tf_inspect, versions
from evergraph.platform.lazy_loader import LazyLoader


def double(function):
    def wrapper(*args, **kwargs):
        return 2 * function(*args, **kwargs)

    return tf_decorator.make_decorator(function, wrapper)


@double
def add(a, b=1):
    """The sum."""
    return a + b


def test_a_decorated_function_keeps_its_name_and_argspec():
    assert add(3) == 8
    assert (add.__name__, add.__doc__) == ("add", "The sum.")
    assert tf_inspect.getargspec(add) == tf_inspect.ArgSpec(["a", "b"], None, None, (1,))
    decorators, inside = tf_decorator.unwrap(add)
    assert [d.decorator_name for d in decorators] == ["double"]
    assert inside(3) == 4
    assert tf_inspect.isfunction(add) and not tf_inspect.isclass(add)


def test_rewrap_changes_what_is_inside():
    outer = double(double(lambda x: x))
    inside = tf_decorator.unwrap(outer)[1]
    tf_decorator.rewrap(outer, inside, lambda x: x + 1)
    assert tf_decorator.unwrap(outer)[1](1) == 2


def test_argspec_of_partials():
    def function(a, b, c=3, *, d=4):
        return a, b, c, d

    partial = functools.partial(function, 1)
    assert tf_inspect.getargspec(partial) == (["b", "c"], None, None, (3,))
    assert tf_inspect.getargspec(functools.partial(function, b=2, a=1))[3] == (1, 2, 3)
    with pytest.raises(ValueError, match="do not have default value"):
        tf_inspect.getargspec(functools.partial(function, a=1))


def test_names_of_arguments():
    class Model:
        def call(self, x, y):
            return x, y

        def __call__(self, z, **kwargs):
            return z

    assert tf_inspect.fn_args(Model().call) == ("x", "y")
    assert tf_inspect.fn_args(Model()) == ("z",)
    assert tf_inspect.has_kwargs(Model()) and not tf_inspect.has_kwargs(Model().call)
    assert tf_inspect.fn_args(functools.partial(add, b=2)) == ("a",)


def test_a_deprecated_function_says_so_once(caplog):
    @deprecation.deprecated("2020-01-01", "Use new.")
    def old():
        """Old."""
        return 1

    assert old() == old() == 1
    (record,) = caplog.records
    text = record.getMessage()
    assert "old (from" in text and "will be removed after 2020-01-01" in text
    assert "Instructions for updating:\nUse new." in text and __file__ in text
    assert old.__doc__.startswith("Old. (deprecated)\n\nWarning: THIS FUNCTION IS DEPRECATED.")
    with deprecation.silence():
        deprecation.deprecated(None, "x", warn_once=False)(lambda: 1)()
    assert len(caplog.records) == 1


def test_deprecated_arguments(caplog):
    @deprecation.deprecated_args(None, "Leave b.", "b", ("c", None), warn_once=False)
    def function(a, b=1, c=None):
        return a

    function(1)
    function(1, c=None)
    assert not caplog.records
    function(1, 2)
    function(1, c=3)
    assert [r.args[3] for r in caplog.records] == ["b", "c"]
    with pytest.raises(ValueError, match="not present in the function signature"):
        deprecation.deprecated_args(None, "x", "nope")(lambda a: a)
    with pytest.raises(ValueError, match="Date must be"):
        deprecation.deprecated("1.1.2020", "x")


def test_deprecated_values_and_look_up(caplog):
    @deprecation.deprecated_arg_values(None, "Not False.", flag=False)
    def function(flag=True):
        return flag

    function(True)
    assert not caplog.records
    function(flag=False)
    assert len(caplog.records) == 1
    assert deprecation.deprecated_argument_lookup("new", None, "old", 3) == 3
    with pytest.raises(ValueError, match="Cannot specify both 'old' and 'new'"):
        deprecation.deprecated_argument_lookup("new", 1, "old", 3)


def test_strings():
    assert strings.as_bytes("é") == b"\xc3\xa9" and strings.as_text(b"\xc3\xa9") == "é"
    assert strings.as_str_any(3) == "3" and strings.as_str_any(b"a") == "a"
    with pytest.raises(TypeError, match="Expected binary or unicode string, got 3"):
        strings.as_bytes(3)


def test_the_horizon():
    assert versions.forward_compatible(2019, 8, 5)
    assert not versions.forward_compatible(2019, 8, 21)
    with versions.forward_compatibility_horizon(2019, 9, 2):
        assert versions.forward_compatible(2019, 9, 1)
    assert not versions.forward_compatible(2019, 9, 1)


def test_a_lazy_module_takes_its_own_place():
    names = {}
    names["json"] = LazyLoader("json", names, "json")
    assert names["json"].dumps([1]) == "[1]"
    assert type(names["json"]) is not LazyLoader
