"""The `tensorflow` alias: what it finds, what it refuses, and what it leaves alone."""

import importlib
import importlib.util
import subprocess
import sys
from unittest import mock

import pytest

from evergraph.compat.alias import AliasFinder, AliasModule, is_known_module, resolve
from evergraph.compat.generated_ops import snake_case
from evergraph.compat.module_table import MODULES, RENAMED

ENVIRONMENT = {"PYTHONPATH": ":".join(filter(None, sys.path))}


def run_python(program, path=()):
    environment = {"PYTHONPATH": ":".join([*map(str, path), ENVIRONMENT["PYTHONPATH"]])}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_names_are_evergraphs():
    program = """
import evergraph
evergraph.install_as_tensorflow()
evergraph.install_as_tensorflow()
import tensorflow as tf
from tensorflow.python.framework import ops, dtypes
import tensorflow.python.framework.errors_impl as errors
from tensorflow.core.framework import graph_pb2
from tensorflow.core.framework.graph_pb2 import GraphDef
assert tf.__version__ == tf.VERSION == "1.15.5"
assert tf.Graph is ops.Graph is evergraph.Graph
assert dtypes.float32 is tf.float32
assert errors.OpError is tf.errors.OpError
assert graph_pb2.GraphDef is GraphDef is tf.GraphDef
assert tf.python.framework.ops is ops
assert "Graph" in dir(tf) and "Tensor" in dir(ops)
from tensorflow import *
assert Graph is tf.Graph
"""
    assert run_python(program) == ""


def test_unknown_modules_and_names_say_what_is_missing():
    program = """
import evergraph
evergraph.install_as_tensorflow()
try:
    import tensorflow.python.framework.opps
except ImportError as error:
    print(type(error).__name__, error, error.name)
import tensorflow as tf
try:
    tf.Grapf
except AttributeError as error:
    print(error)
try:
    from tensorflow.python.framework.dtypes import float33
except ImportError as error:
    print(error)
"""
    module, name, imported = run_python(program).splitlines()
    assert module.startswith(
        "ModuleNotFoundError No module named 'tensorflow.python.framework.opps': Evergraph doesn't "
        "have this part of TensorFlow; near: tensorflow.python.framework.ops, "
    )
    assert module.endswith(" tensorflow.python.framework.opps")
    assert name == (
        "module 'tensorflow' has no attribute 'Grapf' in Evergraph; near: Graph, GraphDef"
    )
    assert imported == (
        "cannot import name 'float33' from 'tensorflow.python.framework.dtypes' (unknown location)"
    )


def test_an_installed_tensorflow_wins_until_the_alias_is_installed(tmp_path):
    (tmp_path / "tensorflow.py").write_text("__version__ = 'real'")
    before = "import evergraph, tensorflow; print(tensorflow.__version__)"
    assert run_python(before, [tmp_path]) == "real\n"
    after = "import evergraph; evergraph.install_as_tensorflow()\n" + before
    assert run_python(after, [tmp_path]) == "1.15.5\n"
    too_late = before + "\nevergraph.install_as_tensorflow()"
    with pytest.raises(AssertionError, match="TensorFlow is already imported in this process"):
        run_python(too_late, [tmp_path])


def test_what_a_program_sets_is_seen_at_the_source_until_it_is_deleted():
    from evergraph.platform import logging

    before = logging.warning
    module = AliasModule("tensorflow.python.platform.tf_logging")
    with mock.patch.object(module, "warning") as warning:
        logging.warning("x")
        assert resolve("tensorflow.python.platform.tf_logging", "warning") is warning
    warning.assert_called_once_with("x")
    assert logging.warning is before
    module.of_its_own = 1
    assert module.of_its_own == 1 and not hasattr(logging, "of_its_own")


def test_the_finder_leaves_other_modules_alone():
    assert AliasFinder().find_spec("json", None) is None
    assert AliasFinder().find_spec("tensorflow_probability", None) is None


def test_no_renamed_name_dangles():
    missing = []
    for path, names in RENAMED.items():
        assert is_known_module(path)
        for name, target in names.items():
            module, _, attribute = target.partition(":")
            if not hasattr(importlib.import_module(f"evergraph.{module}"), attribute):
                missing.append(f"{path}.{name} -> {target}")
    assert not missing


def test_no_source_of_the_table_dangles():
    missing = {
        f"{path}: {source}"
        for path, sources in MODULES.items()
        for source in sources.split()
        if "*" not in source and importlib.util.find_spec(f"evergraph.{source}") is None
    }
    assert not missing


def test_every_module_of_the_table_can_be_imported():
    program = """
import importlib
import evergraph
from evergraph.compat.module_table import MODULES
evergraph.install_as_tensorflow()
for path in MODULES:
    importlib.import_module(path)
"""
    assert run_python(program) == ""


@pytest.mark.parametrize(
    ("op_type", "name"),
    [
        ("MatMul", "mat_mul"),
        ("Conv2DBackpropInput", "conv2d_backprop_input"),
        ("BiasAddV1", "bias_add_v1"),
        ("ResourceApplyGradientDescent", "resource_apply_gradient_descent"),
        ("TensorArrayV3", "tensor_array_v3"),
        ("LRN", "lrn"),
        ("SparseApplyRMSProp", "sparse_apply_rms_prop"),
    ],
)
def test_generated_names(op_type, name):
    assert snake_case(op_type) == name
