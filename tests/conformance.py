"""The cases of tests/golden/ops as TensorFlow 1.15.5 answered them, and building them as graphs.

tools/record_golden.py describes the JSON files, which are written by hand, and makes the npz files,
which are read here.
"""

import dataclasses
import functools
import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

import evergraph.ops
from evergraph.core import dtypes
from evergraph.core.shapes import TensorShape
from evergraph.graph.graph import Graph
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops.constants import constant_of_array
from evergraph.ops.placeholders import placeholder
from evergraph.registry.apply import add_operation
from evergraph.registry.op_def import OpDef, get_op_def, registered_ops

for _module in pkgutil.iter_modules(evergraph.ops.__path__, "evergraph.ops."):
    importlib.import_module(_module.name)

GOLDEN = Path(__file__).parent / "golden"
OPS = GOLDEN / "ops"
WAIVED: dict[str, str] = json.loads((GOLDEN / "waived.json").read_text(encoding="utf-8"))

# What two correct implementations may differ by: a few units in the last place, and nothing for
# what isn't floating. A JSON file widens it for its op, with the reason.
TOLERANCES = {
    "float16": (2e-3, 2.4e-7),
    "bfloat16": (1.6e-2, 1e-37),
    "float32": (2e-6, 3e-38),
    "float64": (2e-12, 1e-307),
    "complex64": (2e-6, 3e-38),
    "complex128": (2e-12, 1e-307),
}
WIDER_FOR_GRADIENTS = 4  # a gradient is a handful of ops, each with its own rounding


@dataclasses.dataclass(frozen=True, slots=True)
class Variable:
    """An input that is a variable; `value` is None when it holds none."""

    dtype: str
    shape: tuple[int, ...]
    value: np.ndarray | None


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    """One op with one choice of inputs and attrs, and what TensorFlow made of it.

    Attributes:
        inputs: in schema order: array, Variable, or a list of these.
        outputs: arrays; None for what can't be fetched.
        after: the variables' values when the op has run, in the order of the inputs.
        weights: output -> the gradient that was given for it.
        gradients: flat input -> its gradient, or None where TensorFlow has none.
        gradient_error: [class, first line] of what asking for gradients raised, or None.
        errors: "build" and "run" -> [class, first line].
        static: what is unknown -> static shapes of the outputs; see the recorder.
        is_refused: TensorFlow has no CPU kernel for these dtypes.
        is_random: only dtype and shape of the outputs are meant.
    """

    op_type: str
    name: str
    dtypes: dict[str, str]
    attrs: dict[str, Any]
    inputs: list[Any]
    outputs: list[np.ndarray | None] = dataclasses.field(default_factory=list)
    after: list[np.ndarray] = dataclasses.field(default_factory=list)
    weights: dict[int, np.ndarray] = dataclasses.field(default_factory=dict)
    gradients: dict[int, np.ndarray | None] = dataclasses.field(default_factory=dict)
    gradient_error: list[str] | None = None
    errors: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    static: dict[str, Any] = dataclasses.field(default_factory=dict)
    is_refused: bool = False
    is_random: bool = False

    @property
    def flat_inputs(self) -> list[Any]:
        """The inputs without their grouping."""
        groups = (item if isinstance(item, list) else [item] for item in self.inputs)
        return [item for group in groups for item in group]

    def with_inputs(self, flat: list[Any]) -> "Case":
        """The same case on other inputs."""
        given = iter(flat)
        grouped = [
            [next(given) for _ in item] if isinstance(item, list) else next(given)
            for item in self.inputs
        ]
        return dataclasses.replace(self, inputs=grouped)

    def __str__(self) -> str:
        kinds = ", ".join(f"{attr}={dtype}" for attr, dtype in self.dtypes.items())
        return f"{self.op_type} {self.name!r} {kinds}"

    def as_program(self) -> str:
        """A program that shows the case."""
        op_def = get_op_def(self.op_type)
        lines = ["import numpy as np", "import evergraph as tf", ""]
        names = []
        for arg, value in zip(op_def.inputs, self.inputs, strict=True):
            many = isinstance(value, list)
            texts = [_as_text(one) for one in (value if many else [value])]
            names.append(f"{arg.name}=[{', '.join(texts)}]" if many else f"{arg.name}={texts[0]}")
        names += [f"{key}={value!r}" for key, value in self.attrs.items()]
        joined = ",\n    ".join(names)
        lines += [f"result = tf.raw_ops.{self.op_type}(\n    {joined})"]
        lines += ["print(tf.Session().run(result))", "# TensorFlow 1.15.5:"]
        lines += [f"# {line}" for want in self.outputs for line in repr(want).split("\n")]
        return "\n".join(lines)


def _as_text(value: Any) -> str:
    if isinstance(value, Variable):
        start = None if value.value is None else value.value.tolist()
        return f"tf.Variable({start}, dtype=tf.{value.dtype})  # shape {value.shape}\n    "
    return f"np.array({value.tolist()}, tf.{dtypes.as_dtype(value.dtype).name}.as_numpy_dtype)"


# --- reading ---


def recorded_ops() -> list[str]:
    """The registered op types that have recorded cases."""
    recorded = {path.stem for path in OPS.glob("*.npz")}
    return sorted(recorded & set(registered_ops()))


@functools.lru_cache(maxsize=8)  # the tests go through the ops one by one
def recorded_meta(op_type: str) -> tuple[dict[str, Any], list[Case]]:
    """What the recording of `op_type` says beyond its cases; and the cases."""
    with np.load(OPS / f"{op_type}.npz") as archive:
        meta = json.loads(archive["meta"].tobytes())
        arrays = [_array(archive, *entry) for entry in meta["arrays"]]

    def of(index: Any) -> Any:
        if isinstance(index, list):
            return [of(one) for one in index]
        if isinstance(index, dict):
            value = of(index["variable"])
            return Variable(index["dtype"], tuple(index["shape"]), value)
        return None if index is None else arrays[index]

    cases = [
        Case(
            op_type=op_type,
            name=record["case"],
            dtypes=record["dtypes"],
            attrs={key: _attr(value, arrays) for key, value in record["attrs"].items()},
            inputs=of(record["inputs"]),
            outputs=of(record.get("outputs", [])),
            after=of(record.get("after", [])),
            weights={int(k): of(v) for k, v in record.get("weights", {}).items()},
            gradients={int(k): of(v) for k, v in record.get("gradients", {}).items()},
            gradient_error=record.get("gradient_error"),
            errors=record.get("errors", {}),
            static=record.get("static", {}),
            is_refused=record.get("refused", False),
            is_random=record.get("random", False),
        )
        for record in meta["cases"]
    ]
    return meta, cases


def recorded_cases(op_type: str) -> list[Case]:
    """The cases of `op_type` that TensorFlow computed."""
    return [c for c in recorded_meta(op_type)[1] if not c.errors and not c.is_refused]


def failing_cases(op_type: str) -> list[Case]:
    """The cases of `op_type` that are errors."""
    return [c for c in recorded_meta(op_type)[1] if c.errors]


def _array(archive: Any, dtype: str, shape: list[int], start: Any) -> np.ndarray:
    size = int(np.prod(shape, dtype=np.int64))
    if dtype == "string":
        found = np.array([text.encode("latin-1") for text in start] + [None], object)[:-1]
        return found.reshape(shape)
    flat = archive[dtype][start : start + size]
    as_numpy = np.dtype(dtypes.as_dtype(dtype).as_numpy_dtype)
    return flat.view(as_numpy).reshape(shape)


def _attr(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, dict):
        return arrays[value["tensor"]]
    return value


@functools.cache
def handwritten(op_type: str, name: str = "") -> dict[str, Any]:
    """What the JSON file of `op_type` says beside its cases, or of the case called `name`."""
    found = json.loads((OPS / f"{op_type}.json").read_text(encoding="utf-8"))
    found = found if isinstance(found, dict) else {"cases": found}
    if not name:
        return found
    return next(c for k, c in enumerate(found["cases"]) if str(c.get("name", k)) == name)


def tolerance(op_type: str, dtype: Any, kind: str = "") -> dict[str, float]:
    """The `rtol` and `atol` within which outputs (or `kind`: "gradient") must agree."""
    name = dtypes.as_dtype(dtype).name
    rtol, atol = TOLERANCES.get(name, (0.0, 0.0))
    if kind:
        rtol *= WIDER_FOR_GRADIENTS
    given = handwritten(op_type).get("tolerance", {}).get(f"{kind}/{name}" if kind else name)
    if given is not None:
        rtol, atol = given if isinstance(given, list) else (given, atol)
    return {"rtol": rtol, "atol": atol}


# --- building ---


@dataclasses.dataclass(frozen=True, eq=False)
class Built:
    """A case as an operation of a graph.

    Attributes:
        op: the operation.
        tensors: its flat inputs.
        feeds: placeholder -> value.
        initializers: operations that give the variables their values.
        readers: tensors that read the variables.
    """

    op: Operation
    tensors: list[Tensor]
    feeds: dict[Tensor, np.ndarray]
    initializers: list[Operation]
    readers: list[Tensor]


def build(case: Case, hows: list[Any]) -> Built:
    """Add `case` to the default graph.

    Args:
        case: the case.
        hows: for each flat input: "constant"; "value" (a placeholder of the full shape); "dims" (of
            the rank); "rank" (of unknown shape); or the number of the one unknown dimension.
    """
    feeds: dict[Tensor, np.ndarray] = {}
    initializers: list[Operation] = []
    readers: list[Tensor] = []
    tensors: list[Tensor] = []
    op_def = get_op_def(case.op_type)
    refs = [
        arg.is_ref for arg, v in zip(op_def.inputs, case.inputs, strict=True) for _ in _listed(v)
    ]
    for value, how, is_ref in zip(case.flat_inputs, hows, refs, strict=True):
        if isinstance(value, Variable):
            variable, initializer, reader = _variable(value, is_ref)
            tensors.append(variable)
            initializers += [] if value.value is None else [initializer]
            readers.append(reader)
        elif how == "constant":
            tensors.append(constant_of_array(value.copy(), dtypes.as_dtype(value.dtype), "Const"))
        else:
            tensors.append(placeholder(dtypes.as_dtype(value.dtype), _shape(value, how)))
            feeds[tensors[-1]] = value
    given = iter(tensors)
    inputs = [
        [next(given) for _ in value] if isinstance(value, list) else next(given)
        for value in case.inputs
    ]
    op = add_operation(op_def, tuple(inputs), plain_attrs(op_def, case.attrs), None)
    return Built(op, tensors, feeds, initializers, readers)


def plain_attrs(op_def: OpDef, attrs: dict[str, Any]) -> dict[str, Any]:
    """JSON attrs as `OPDEF(..., attr=value)` takes them."""
    result = dict(attrs)
    for key, value in attrs.items():
        kind = op_def.attrs[key].kind
        if kind == "shape":
            result[key] = TensorShape(value)
        elif kind == "list(shape)":
            result[key] = [TensorShape(one) for one in value]
        elif kind == "float":
            result[key] = float(value)
    return result


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _shape(value: np.ndarray, how: Any) -> list[int | None] | None:
    if how == "rank":
        return None
    if how == "dims":
        return [None] * value.ndim
    return [None if axis == how else size for axis, size in enumerate(value.shape)]


def _variable(value: Variable, is_ref: bool) -> tuple[Tensor, Operation, Tensor]:
    """A variable, what initialises it, and a read of it."""
    dtype = dtypes.as_dtype(value.dtype)
    start = np.zeros(value.shape, dtype.as_numpy_dtype) if value.value is None else value.value
    content = constant_of_array(start.copy(), dtype, "Const")
    graph = content.graph
    if is_ref:
        ref = get_op_def("VariableV2")(shape=TensorShape(value.shape), dtype=dtype)
        return ref, get_op_def("Assign")(ref, content).op, get_op_def("Identity")(ref)
    handle = get_op_def("VarHandleOp")(
        shape=TensorShape(value.shape), dtype=dtype, shared_name=graph.unique_name("handle")
    )
    assign = get_op_def("AssignVariableOp")(handle, content)
    return handle, assign, get_op_def("ReadVariableOp")(handle, dtype=dtype)


# Inputs whose shapes TensorFlow must know to build the op; None: all of them.
KNOWN_SHAPES: dict[str, tuple[int, ...] | None] = {
    "BatchToSpaceND": (1,),
    "ParallelConcat": None,
    "SpaceToBatchND": (1,),
}


def unknown(case: Case) -> list[str]:
    """The `hows` that tell nothing at all."""
    return ["rank"] * len(case.flat_inputs)


def fed(case: Case) -> list[str]:
    """The `hows` that tell nothing before the run, or as little as the op can be built with."""
    known = KNOWN_SHAPES.get(case.op_type, ())
    places = range(len(case.flat_inputs))
    return ["value" if known is None or k in known else "rank" for k in places]


def constants(case: Case) -> list[str]:
    """The `hows` that tell everything."""
    return ["constant"] * len(case.flat_inputs)


def graph() -> Any:
    """A new default graph, for a `with` statement."""
    return Graph().as_default()


# --- comparing ---

WIDE = {
    "float16": "float64",
    "bfloat16": "float64",
    "float32": "float64",
    "complex64": "complex128",
}


def widened(case: Case) -> Case | None:
    """The case on the same numbers as float64 and complex128; None where it can't be or is so."""
    op_def = get_op_def(case.op_type)
    kinds = {attr: WIDE.get(dtype, dtype) for attr, dtype in case.dtypes.items()}
    if kinds == case.dtypes:
        return None
    for attr, dtype in kinds.items():
        allowed = op_def.attrs[attr].allowed
        if allowed is not None and dtypes.as_dtype(dtype) not in allowed:
            return None
    flat = []
    for value in case.flat_inputs:
        if isinstance(value, Variable):
            return None
        name = dtypes.as_dtype(value.dtype).name
        flat.append(value.astype(WIDE[name]) if name in WIDE else value)
    attrs = {k: kinds.get(k, v) for k, v in case.attrs.items()}
    weights = {
        k: w.astype(WIDE.get(dtypes.as_dtype(w.dtype).name, w.dtype))
        for k, w in case.weights.items()
    }
    return dataclasses.replace(case.with_inputs(flat), dtypes=kinds, attrs=attrs, weights=weights)


def has_wide_recording(case: Case) -> bool:
    """Whether TensorFlow computed the case in float64 too, so that it may serve as the truth."""
    return any(
        other.name == case.name and set(other.dtypes.values()) & {"float64", "complex128"}
        for other in recorded_cases(case.op_type)
    )


def is_exact(dtype: np.dtype) -> bool:
    """Whether values of `dtype` must be equal."""
    return dtypes.as_dtype(dtype).name not in TOLERANCES


def disagreement(
    got: np.ndarray, want: np.ndarray, limits: dict[str, float], truth: np.ndarray | None = None
) -> str | None:
    """Where `got` is neither near `want` nor nearer to `truth` than `want` is; None: nowhere."""
    if (got.dtype, got.shape) != (want.dtype, want.shape):
        return f"{got.dtype} {got.shape} in place of {want.dtype} {want.shape}"
    if is_exact(want.dtype):
        wrong = np.asarray(got != want)
    else:
        wide = np.complex128 if want.dtype.kind == "c" else np.float64
        wrong = ~_near(got.astype(wide), want.astype(wide), **limits)
        if truth is not None and wrong.any():
            with np.errstate(all="ignore"):
                rounded = truth.astype(want.dtype)
            wrong &= ~_better(got.astype(wide), want.astype(wide), rounded.astype(wide), limits)
            wrong &= ~_better(got.astype(wide), want.astype(wide), truth.astype(wide), limits)
    if not wrong.any():
        return None
    first = tuple(int(axis[0]) for axis in np.nonzero(wrong)) if want.ndim else ()
    detail = "" if truth is None else f" (in float64 {truth[first]!r})"
    where = f"at {list(first)}, {wrong.sum()} of {want.size}"
    return f"{got[first]!r} in place of {want[first]!r}{detail} {where}"


def _near(got: np.ndarray, want: np.ndarray, rtol: float, atol: float) -> np.ndarray:
    return np.isclose(got, want, rtol=rtol, atol=atol, equal_nan=True)


def _better(
    got: np.ndarray, want: np.ndarray, truth: np.ndarray, limits: dict[str, float]
) -> np.ndarray:
    """Whether `got` is at most as far from the truth as TensorFlow is."""
    with np.errstate(all="ignore"):
        nearer = np.abs(got - truth) <= np.abs(want - truth)
    return _near(got, truth, **limits) | nearer


assert ml_dtypes.bfloat16  # registers the NumPy dtype that recordings need
