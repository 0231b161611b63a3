"""Running steps one by one with NumPy: host segments, cold plans, and the cause of a failure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy import ndarray

from evergraph.arrays import numpy_backend
from evergraph.arrays.checks import CheckFailure
from evergraph.arrays.numpy_backend.operands import all_quiet
from evergraph.arrays.run_objects import RunObject
from evergraph.core import errors
from evergraph.core.errors import OpError, explain
from evergraph.graph.operation import Operation
from evergraph.runtime.direct_steps import direct_step
from evergraph.runtime.host_loop import HotLoop, run_loop
from evergraph.runtime.program import NO_SLOT, Step


class Dead:
    """The value on the branch of a `cond` that isn't taken."""

    def __repr__(self) -> str:
        return "<dead>"


DEAD = Dead()


class Env(list[Any]):
    """The values of one run by slot, and the steps that lay on a branch not taken.

    Attributes:
        dead: steps on a branch not taken; inside a loop, in the present iteration.
        is_whole: whether every value that a step meets is an array or an object, none dead or
            missing.
        is_calm: whether products of matrices are kept to one thread at present.
        budget: how many more steps in loops may run before `HotLoop` is raised; None for any
            number.
    """

    def __init__(self, slot_count: int) -> None:
        super().__init__([None] * slot_count)
        self.dead: set[Step] = set()
        self.budget: int | None = None
        self.is_whole = False
        self.is_calm = False


def run_steps(steps: Sequence[Step], env: Env) -> None:
    """Compute `steps` in order; `env` maps slots to values and receives the results.

    Raises:
        OpError: a check failed, an uninitialised variable was read, or a kernel raised.
    """
    with all_quiet():
        if not env.is_whole:
            for step in steps:
                if not (step.is_plain and _run_plain(step, env)):
                    _run_step(step, env)
            return
        try:
            for step in steps:
                if not step.is_prepared:
                    step.direct = direct_step(step)
                    step.is_prepared = True
                run = step.direct
                if run is not None:
                    run(env)
                elif not (step.is_plain and _run_plain(step, env)):
                    _run_step(step, env)
        except Exception as error:
            if step.direct is None:
                raise
            raise_failure(step, [env[i] for i in step.inputs], error)


def _run_plain(step: Step, env: Env) -> bool:
    """Run a step that is a kernel and nothing else; False where something is unusual."""
    if env.dead and step.controllers:
        return False
    values = [env[i] for i in step.inputs]
    for value in values:
        if value.__class__ is not ndarray and not isinstance(value, RunObject):
            return False
    try:
        results = step.call(numpy_backend, values)  # type: ignore[misc]  # a plain step has a kernel
    except Exception as error:
        raise_failure(step, values, error)
    for slot, result in zip(step.outputs, results):  # noqa: B905 - the inner loop
        if result.__class__ is not ndarray and not isinstance(result, RunObject):
            result = None if result is None else np.asarray(result)
        env[slot] = result
    return True


def _run_step(step: Step, env: Env) -> None:
    values = [None if i == NO_SLOT else env[i] for i in step.inputs]
    if step.op_def.control and step.loop is None:
        _run_control(step, values, env)
        return
    if _is_dead(step, values, env):
        _skip(step, env)
        return
    if step.loop is not None:
        run_loop(step, env, run_steps)
        return
    for position, value in enumerate(values):
        if type(value) is np.ndarray or isinstance(value, RunObject):
            continue
        if value is not None:
            values[position] = np.asarray(value)
        elif position not in step.uninitialized_ok and step.inputs[position] != NO_SLOT:
            raise uninitialized(step, position)
    results = call_kernel(step, values)
    for slot, result in zip(step.outputs, results, strict=True):
        is_plain = type(result) is np.ndarray or result is None
        is_plain = is_plain or isinstance(result, RunObject)
        env[slot] = result if is_plain else np.asarray(result)
    for location, before, after in step.written:
        if env[before] is None and env[after] is not None:
            _check_first_value(step.op, location.op, env[after])


def _check_first_value(op: Operation, location: Operation, value: np.ndarray) -> None:
    """Hold the first value of a variable, which has none to compare with, to its shape."""
    sizes = location._outputs[0].shape.sizes
    if sizes is None or None in sizes or sizes == value.shape or not op.attrs.get("validate_shape"):
        return
    wanted, given = (f"[{','.join(map(str, shape))}]" for shape in (sizes, value.shape))
    message = (
        f"Assign requires shapes of both tensors to match. lhs shape= {wanted} rhs shape= {given}"
    )
    raise check_error(op, CheckFailure("InvalidArgumentError", message))


def _is_dead(step: Step, values: Sequence[Any], env: Env) -> bool:
    for value in values:
        if value is DEAD:
            return True
    if env.dead and any(controller in env.dead for controller in step.controllers):
        return True
    return any(env[slot] is DEAD for _, slot in step.guards)


def _skip(step: Step, env: Env) -> None:
    """A step on a branch not taken: variables keep their values, results are dead."""
    env.dead.add(step)
    written = {after for _, _, after in step.written}
    for _, before, after in step.written:
        env[after] = env[before]
    for slot in step.outputs:
        if slot not in written:
            env[slot] = DEAD


def _run_control(step: Step, values: list[Any], env: Env) -> None:
    """Switch and Merge with NumPy values: the branch not taken is DEAD."""
    kind = step.op_def.control
    if kind == "trigger":  # it comes after its controllers, whether they are alive or not
        return
    for position, slot in step.guards:
        if env[slot] is DEAD:
            values[position] = DEAD
    if kind == "switch":
        data, predicate = values
        taken = None
        if data is not DEAD and predicate is not DEAD and not _is_dead(step, (), env):
            taken = int(bool(np.asarray(predicate)))
        else:
            env.dead.add(step)
        for index, slot in enumerate(step.outputs):
            env[slot] = data if index == taken else DEAD
    else:
        for index, value in enumerate(values):
            if value is not DEAD:
                env[step.outputs[0]] = value
                env[step.outputs[1]] = np.asarray(index, np.int32)
                return
        env.dead.add(step)
        env[step.outputs[0]] = env[step.outputs[1]] = DEAD


def call_kernel(step: Step, values: Sequence[Any]) -> Sequence[Any]:
    """Run the kernel of `step` on NumPy values; what goes wrong names the user's operation."""
    call: Callable[..., Sequence[Any]] = step.call  # type: ignore[assignment]  # set for kernels
    try:
        if step.op_def.compiled_only:
            return run_compiled(step, values)
        with all_quiet():
            return call(numpy_backend, values)
    except Exception as error:
        raise_failure(step, values, error)


def raise_failure(step: Step, values: Sequence[Any], error: Exception) -> NoReturn:
    """Raise what a user is told where the kernel of `step` has raised `error`."""
    if isinstance(error, CheckFailure):
        raise check_error(step.op, error) from None
    if isinstance(error, OpError | errors.EvergraphError | HotLoop) or step.op_def.host_only:
        raise error
    raise errors.InvalidArgumentError(
        None,
        step.op,
        explain(
            _first_line(step.op, values, error),
            given=_given(step.op, values),
            created=step.op.created_at,
        ),
    ) from error


def run_compiled(step: Step, values: Sequence[Any]) -> Sequence[Any]:
    """Run one op that exists for XLA alone."""
    from evergraph.runtime.xla_segment import run_one

    return run_one(step, values)


def check_error(op: Operation, failure: CheckFailure) -> OpError:
    """The tf.errors exception for a failed runtime check of `op`."""
    kind = getattr(errors, failure.error)
    expected, fix = _advice(op, failure.message)
    message = explain(
        failure.message,
        expected=expected,
        given=", ".join(f"'{t.name}' {t.dtype.name}" for t in op._inputs) or None,
        created=op.created_at,
        fix=fix,
    )
    error: OpError = kind(None, op, f"{message}\n\t [[{{{{node {op.name}}}}}]]")
    return error


# What the message of a failed check asks for: (pattern, expected, fix).
_ADVICE = (
    (
        r"is not in \[(-?\d+), (-?\d+)\)",
        "indices from {0} up to, not including, {1}",
        "check where the indices come from, or the size of what they index",
    ),
    (
        r"Tensor had (\S+)",
        "finite values",
        "look for a logarithm or quotient of 0, or too large a learning rate, before this one",
    ),
    (
        r"^assertion failed",
        "the condition to hold",
        "feed values that meet it; the data it prints are in the message",
    ),
    (r"by zero", "a divisor other than 0", "guard it with tf.where or tf.div_no_nan"),
)


def _advice(op: Operation, message: str) -> tuple[str, str]:
    for pattern, expected, fix in _ADVICE:
        found = re.search(pattern, message)
        if found:
            return expected.format(*found.groups()), fix
    return f"values that {op.type} is defined for", "change the inputs named here"


def uninitialized(step: Step, position: int) -> OpError:
    """The error for reading a variable that no write precedes."""
    op = step.op
    tensor = op._inputs[position]
    source = tensor.op
    while source.op_def is not None and (
        source.op_def.forwards or (source.op_def.control and tensor.dtype._is_ref_dtype)
    ):
        source = source._inputs[0].op
    kind: type[OpError] = errors.FailedPreconditionError
    if tensor.dtype._is_ref_dtype or not source.type.endswith("HandleOp"):
        first = f"Attempting to use uninitialized value {source.name}"
    elif op.type.startswith(("ResourceApply", "ResourceSparseApply")):
        first = "Invalid variable reference."
        kind = errors.InternalError
    elif step.written:
        name = (source.attrs.get("shared_name") or b"").decode() or source.name
        first = f"Resource localhost/{name} does not exist."
        kind = errors.NotFoundError
    else:
        name = (source.attrs.get("shared_name") or b"").decode() or source.name
        first = (
            f"Error while reading resource variable {name} from Container: localhost. "
            "This could mean that the variable was uninitialized. "
            f"Not found: Resource localhost/{name} does not exist."
        )
    message = explain(
        first,
        expected="a value assigned before it is read",
        given=f"variable '{source.name}' without a value in this session",
        created=source.created_at or op.created_at,
        fix="run tf.global_variables_initializer() or restore a checkpoint first",
    )
    failure: OpError = kind(None, op, f"{message}\n\t [[{{{{node {op.name}}}}}]]")  # type: ignore[call-arg]  # each class knows its code
    return failure


def _first_line(op: Operation, values: Sequence[Any], error: Exception) -> str:
    """What TensorFlow says of what NumPy refused in a kernel."""
    if str(error).startswith("operands could not be broadcast together"):
        shapes = [f"[{','.join(map(str, np.shape(v)))}]" for v in values if v is not None]
        return f"Incompatible shapes: {' vs. '.join(shapes[:2])}"
    return f"{error} [Op:{op.type}]"


def _given(op: Operation, values: Sequence[Any]) -> str:
    return ", ".join(
        f"'{t.name}' {t.dtype.name} {list(np.shape(v))}"
        for t, v in zip(op._inputs, values, strict=False)
        if v is not None
    )
