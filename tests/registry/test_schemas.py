"""Every registered schema is TensorFlow 1.15.5's, so that a GraphDef travels both ways."""

import functools
import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import evergraph.ops
from evergraph.core.shapes import TensorShape
from evergraph.registry.attrs import REQUIRED, AttrDef, type_named
from evergraph.registry.op_def import ArgDef, get_op_def, registered_ops

OPDEFS = Path(__file__).parents[1] / "golden" / "opdefs-1.15.json"

# Gradients through loops come with `while_loop`. DebugGradientIdentity's gradient is registered by
# tensorflow.python.debug, which the reference wasn't made with.
OTHER_GRADIENTS = {
    *("Enter", "RefEnter", "Exit", "RefExit", "NextIteration", "RefNextIteration", "LoopCond"),
    "DebugGradientIdentity",
}

for _module in pkgutil.iter_modules(evergraph.ops.__path__, "evergraph.ops."):
    importlib.import_module(_module.name)


@functools.cache
def reference() -> dict[str, dict[str, Any]]:
    return {entry["op"]: entry for entry in json.loads(OPDEFS.read_text(encoding="utf-8"))}


def argument(arg: ArgDef) -> dict[str, Any]:
    """An argument as the reference writes it."""
    found: dict[str, Any] = {"name": arg.name}
    if arg.dtype is not None:
        found["type"] = arg.dtype.name
    if arg.type_attr:
        found["type_attr"] = arg.type_attr
    if arg.type_list_attr:
        found["type_list_attr"] = arg.type_list_attr
    if arg.number_attr:
        found["number_attr"] = arg.number_attr
    if arg.is_ref:
        found["is_ref"] = True
    return found


def recorded_argument(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "type": type_named(entry["type"]).name} if "type" in entry else entry


def attr(found: AttrDef) -> dict[str, Any]:
    """An attr as the reference writes it."""
    result: dict[str, Any] = {"name": found.name, "type": found.kind}
    if found.default is not REQUIRED:
        result["default"] = plain(found.default)
    if found.allowed is not None:
        result["allowed"] = [plain(value) for value in found.allowed]
    if found.minimum is not None:
        result["minimum"] = found.minimum
    return result


def recorded_attr(entry: dict[str, Any]) -> dict[str, Any]:
    kind = entry["type"]
    result = dict(entry)
    for field in ("default", "allowed"):
        if field in entry:
            result[field] = recorded_value(kind, entry[field])
    return result


def recorded_value(kind: str, value: Any) -> Any:
    if isinstance(value, list):
        return [recorded_value(kind, one) for one in value]
    if isinstance(value, dict):
        return value["tensor"] if "tensor" in value else value["shape"]
    if isinstance(value, float):
        return float(np.float32(value))  # an attr is stored as float32
    return type_named(value).name if "type" in kind else value


def plain(value: Any) -> Any:
    """A default or an allowed value as JSON has it."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, np.ndarray):
        return {"dtype": value.dtype.name, "shape": list(value.shape)}
    if isinstance(value, TensorShape):
        return None if value.ndims is None else value.as_list()
    if isinstance(value, float):
        return float(np.float32(value))
    return value if isinstance(value, bool | int | str) else value.name


@pytest.mark.parametrize("op_type", sorted(registered_ops()))
def test_schema_is_the_one_of_tensorflow(op_type):
    op_def, recorded = get_op_def(op_type), reference().get(op_type)
    assert recorded is not None, "TensorFlow 1.15.5 has no such op"
    assert [argument(a) for a in op_def.inputs] == [recorded_argument(a) for a in recorded["in"]]
    assert [argument(a) for a in op_def.outputs] == [recorded_argument(a) for a in recorded["out"]]
    assert [attr(a) for a in op_def.attrs.values()] == [recorded_attr(a) for a in recorded["attrs"]]
    flags = {
        "is_stateful": op_def.stateful,
        "is_commutative": op_def.commutative,
        "is_aggregate": op_def.aggregate,
        "allows_uninitialized_input": op_def.allows_uninitialized_input,
    }
    assert flags == {flag: recorded.get(flag, False) for flag in flags}


@pytest.mark.parametrize("op_type", sorted(set(registered_ops()) - OTHER_GRADIENTS))
def test_gradient_is_registered_where_tensorflow_has_one(op_type):
    op_def, recorded = get_op_def(op_type), reference()[op_type].get("grad")
    assert (op_def.gradient_function is not None) == (recorded == "yes")
    assert not op_def.is_differentiable or recorded != "none"
