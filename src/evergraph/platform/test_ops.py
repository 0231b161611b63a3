"""The ops that TensorFlow registers for its own tests alone; importing this module registers them.

They have shapes that nothing is known of, and, but for a few, no kernel: tests only build graphs.
A line reads `Name(inputs) -> (outputs) [attrs]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from evergraph.core.errors import InvalidArgumentError
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation
from evergraph.platform.versions import GRAPH_DEF_VERSION
from evergraph.registry.op_def import find_op_def, register_op
from evergraph.registry.shape_functions import scalar, unknown

_SCHEMAS = """
A() -> (out: float)
Attr() -> () [a: int]
AttrBool() -> () [a: bool]
AttrBoolList() -> () [a: list(bool)]
AttrDefault() -> () [a: string = 'banana']
AttrEmptyListDefault() -> () [a: list(float) = []]
AttrEnum() -> () [a: {'apples', 'oranges'}]
AttrEnumList() -> () [a: list({'apples', 'oranges'})]
AttrFloat() -> () [a: float]
AttrListDefault() -> () [a: list(int) = [5, 15]]
AttrListMin() -> () [a: list(int) >= 2]
AttrListTypeDefault(a: N * T, b: N * T) -> () [T: type = int32; N: int >= 1]
AttrMin() -> () [a: int >= 5]
AttrPartialShape() -> () [a: shape]
AttrPartialShapeList() -> () [a: list(shape)]
AttrShape() -> () [a: shape]
AttrShapeList() -> () [a: list(shape)]
AttrTypeDefault(a: T) -> () [T: type = int32]
B() -> (out: float)
Binary(a: T, b: T) -> (out: T) [T: type]
ComplexStruct() -> (a: n_a * int32, b: n_b * int64, c: t_c) [n_a: int >= 0; n_b: int >= 0; t_c:
    list(type) >= 0]
ConstructionFails() -> ()
CopyOp(a: T) -> (b: T) [T: type]
DevicePlacementOp() -> (device: string) stateful
FiveFloatOutputs() -> (a: float, b: float, c: float, d: float, e: float)
FloatInput(a: float) -> ()
FloatOutput() -> (a: float)
FloatOutputStringOutput() -> (a: float, b: string)
Foo1(a: float, b: int32, c: int32) -> (d: float, e: int32)
Foo2(a: float, b: string, c: string) -> (d: float, e: int32)
Foo3(a: float, b: string, c: float) -> (d: float, e: int32)
FuncAttr() -> () [f: func]
FuncListAttr() -> () [f: list(func)]
GraphDefVersion() -> (version: int32) stateful
InPolymorphicTwice(a: N * T, b: M * T) -> () [T: type; N: int >= 0; M: int >= 0]
Int64Output() -> (out: int64)
IntAttr() -> (out: int64) [foo: int = 1]
IntInput(a: int32) -> ()
IntInputFloatInput(a: int32, b: float) -> ()
IntInputIntOutput(a: int32) -> (b: int32)
IntOutput() -> (a: int32)
IntOutputFloatOutput() -> (a: int32, b: float)
KernelLabel() -> (result: string)
KernelLabelRequired(input: int32) -> (result: string)
ListInput(a: N * T) -> () [N: int >= 1; T: type]
ListOutput() -> (a: T) [T: list(type) >= 1]
MixedStruct() -> (a: n_a * int32, b: float) [n_a: int >= 0]
NInPolymorphicTwice(a: N * T, b: N * T) -> () [T: type; N: int >= 0]
NInTwice(a: N * int32, b: N * string) -> () [N: int >= 0]
NInTwoTypeVariables(a: N * S, b: N * T) -> () [S: type; T: type; N: int >= 0]
NIntsIn(a: N * int32) -> () [N: int >= 2]
NIntsOut() -> (a: N * int32) [N: int >= 2]
NIntsOutDefault() -> (a: N * int32) [N: int >= 2 = 3]
NPolymorphicIn(a: N * T) -> () [T: type; N: int >= 2]
NPolymorphicOut() -> (a: N * T) [T: type; N: int >= 2]
NPolymorphicOutDefault() -> (a: N * T) [T: type = bool; N: int >= 2 = 2]
NPolymorphicRestrictIn(a: N * T) -> () [T: {string, bool}; N: int >= 2]
NPolymorphicRestrictOut() -> (a: N * T) [T: {string, bool}; N: int >= 2]
None() -> ()
Old() -> ()
OpWithDefaultAttr() -> (a: int32) [default_float: float = 123.0]
OpWithFutureDefaultAttr() -> ()
OutT() -> (a: T) [T: type]
OutTypeList() -> (out: T) [T: list(type) >= 0]
OutTypeListRestrict() -> (out: t) [t: list({string, bool}) >= 1]
Polymorphic(a: T) -> (out: T) [T: type]
PolymorphicDefaultOut() -> (out: T) [T: type = string]
PolymorphicOut() -> (out: T) [T: type]
RefIn(a: Ref(T)) -> () [T: type]
RefInputFloatInput(a: Ref(float), b: float) -> ()
RefInputFloatInputIntOutput(a: Ref(float), b: float) -> (c: int32)
RefInputIntInput(a: Ref(int32), b: int32) -> ()
RefOut() -> (a: Ref(T)) [T: type]
RefOutput() -> (a: Ref(int32))
RefOutputFloatOutput() -> (a: Ref(float), b: float)
RequiresOlderGraphVersion() -> (version: int32) stateful
ReservedAttr() -> () [range: int]
ReservedInput(input: int32) -> ()
ResourceCreateOp(resource: resource) -> () stateful
ResourceInitializedOp(resource: resource) -> (initialized: bool) stateful
ResourceUsingOp(resource: resource) -> () stateful
Restrict(a: T) -> (out: T) [T: {string, bool}]
Simple(a: int32) -> (out: float)
SimpleStruct() -> (a: n_a * int32) [n_a: int >= 0]
StringListAttr() -> () [a: list(string); b: string]
StubResourceHandleOp() -> (resource: resource) [container: string = ''; shared_name: string =
    ''] stateful
TestAttr() -> (out: T) [T: {float, double}]
TestStringOutput(input: float) -> (output1: float, output2: string)
TwoFloatInputs(a: float, b: float) -> ()
TwoFloatInputsFloatOutput(a: float, b: float) -> (c: float)
TwoFloatInputsIntOutput(a: float, b: float) -> (c: int32)
TwoFloatOutputs() -> (a: float, b: float)
TwoIntInputs(a: int32, b: int32) -> ()
TwoIntOutputs() -> (a: int32, b: int32)
TwoRefsIn(a: Ref(T), b: Ref(T)) -> () [T: type]
TypeList(a: T) -> () [T: list(type) >= 0]
TypeListRestrict(a: T) -> () [T: list({string, bool}) >= 1]
TypeListTwice(a: T, b: T) -> () [T: list(type) >= 0]
Unary(a: T) -> (b: T) [T: type]
"""
_SCALARS = {"DevicePlacementOp", "GraphDefVersion", "KernelLabel"}
_LINE = re.compile(r"(\w+)\((.*?)\) -> \((.*?)\)(?: \[(.*)\])?( stateful)?$")


def _register(line: str) -> None:
    match = _LINE.match(line)
    assert match is not None, line
    name, inputs, outputs, attrs, stateful = match.groups()
    if find_op_def(name) is None:
        register_op(
            name,
            inputs=inputs,
            outputs=outputs,
            attrs=dict(attr.split(": ", 1) for attr in attrs.split("; ")) if attrs else {},
            shape=scalar if name in _SCALARS else unknown,
            stateful=bool(stateful),
            host_only=True,
        )


for _line in re.sub(r"\n +", " ", _SCHEMAS).strip().split("\n"):
    _register(_line)


def _kernel(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    op_def = find_op_def(name)
    assert op_def is not None
    return op_def.kernel


@_kernel("KernelLabel")
def _kernel_label(xp: Namespace, *, op: Operation) -> Array:
    label = op.attrs.get("_kernel", b"").decode() or "default"
    return np.array(f"My label is: {label}".encode(), object)


@_kernel("GraphDefVersion")
def _graph_def_version(xp: Namespace) -> Array:
    return np.array(GRAPH_DEF_VERSION, np.int32)


@_kernel("DevicePlacementOp")
def _device_placement(xp: Namespace) -> Array:
    return np.array(b"/job:localhost/replica:0/task:0/device:CPU:0", object)


@_kernel("ConstructionFails")
def _construction_fails(xp: Namespace) -> list[Array]:
    raise InvalidArgumentError(None, None, "Failure Requested")
