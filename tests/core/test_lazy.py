"""Names that load at their first use, and names that nobody has."""

import pytest

import evergraph as tf


@pytest.mark.parametrize(
    ("module", "name", "message"),
    [
        (tf, "reduce_summ", "module 'tf' has no attribute 'reduce_summ' in Evergraph; near: "),
        (
            tf.nn,
            "sofplus",
            "module 'tf.nn' has no attribute 'sofplus' in Evergraph; near: softplus",
        ),
        (tf.flags, "DEFINE_strin", "module 'tf.flags' has no attribute 'DEFINE_strin' in "),
        (tf.train, "AdamOptimiser", "module 'tf.train' has no attribute 'AdamOptimiser' in "),
    ],
)
def test_a_wrong_name_is_answered_by_near_ones(module, name, message):
    with pytest.raises(AttributeError) as caught:
        getattr(module, name)
    assert str(caught.value).startswith(message)


def test_a_module_is_asked_for_optional_names_without_harm():
    assert not hasattr(tf.nn, "__path__")
    assert getattr(tf.nn, "conv9d", None) is None
