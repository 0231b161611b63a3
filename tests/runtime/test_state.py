"""What a session owns: nothing leaks in or out, nothing is lost, writes don't interleave."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from evergraph.core import dtypes, errors
from evergraph.graph.graph import Graph
from evergraph.graph.scopes import control_dependencies
from evergraph.ops.constants import constant
from evergraph.ops.identity import check_numerics, identity
from evergraph.ops.math_elementwise import add
from evergraph.ops.math_functions import log
from evergraph.ops.placeholders import placeholder
from evergraph.ops.state import assign, assign_add, variable_op_v2
from evergraph.ops.state_scatter import scatter_add
from evergraph.runtime import plan
from evergraph.runtime.session import Session


@pytest.fixture(params=[1 << 30, 0], ids=["numpy", "xla"])
def tier(request, monkeypatch):
    """Run everything in one tier."""
    monkeypatch.setattr(plan, "COLD_RUNS", request.param)


@pytest.fixture(autouse=True)
def graph():
    with Graph().as_default() as g:
        yield g


def test_changing_what_was_fed_or_fetched_changes_nothing_inside(tier):
    x = placeholder(dtypes.float32, [4])
    v = variable_op_v2([4], dtypes.float32, name="v")
    keep = assign(v, x)
    session = Session()
    fed = np.arange(4, dtype=np.float32)
    for _ in range(4):
        session.run(keep, {x: fed})
        fed += 100
        np.testing.assert_array_equal(session.run(v), fed - 100)
        session.run(v)[:] = -1
        got = session.run([v, keep, identity(v)], {x: fed - 100})
        for array in got:
            assert array.flags.writeable
            array[:] = -7
        np.testing.assert_array_equal(session.run(v), fed - 100)


def test_constants_can_not_be_changed_through_a_fetch(tier):
    c = constant([1.0, 2.0])
    session = Session()
    for _ in range(3):
        session.run(c)[:] = 5
        session.run(add(c, 0.0))[:] = 5
        np.testing.assert_array_equal(session.run(c), [1, 2])


def test_scalars_are_numpy_scalars(tier):
    session = Session()
    assert type(session.run(constant(1.5))) is np.float32
    assert type(session.run(add(constant(1), 2))) is np.int32
    assert session.run(constant("a")) == b"a"


def test_assign_adds_of_many_threads_all_count():
    v = variable_op_v2([], dtypes.int32, name="v")
    init, step = assign(v, 0), assign_add(v, 1, use_locking=True)
    session = Session()
    session.run(init)
    failures = []

    def work():
        try:
            for _ in range(1000):
                session.run(step.op)
        except Exception as error:  # shown below
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert session.run(v) == 32_000


def test_interrupts_lose_no_variable():
    script = Path(__file__).with_name("interrupted_loop.py")
    source = Path(__file__).parents[2] / "src"
    environment = {**os.environ, "PYTHONPATH": str(source)}
    result = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["200", "True"]


def _gated_program(v_ref):
    """A step that updates `v` and is refused when `x` isn't positive."""
    x = placeholder(dtypes.float32, [2])
    checked = check_numerics(log(x), "log of x")
    return x, assign_add(v_ref, checked).op


def test_failed_numeric_check_keeps_the_variables(tier):
    v = variable_op_v2([2], dtypes.float32, name="v")
    init = assign(v, [1.0, 2.0])
    other = assign_add(v, [1.0, 1.0])
    x, step = _gated_program(v)
    session = Session()
    session.run(init)
    for _ in range(3):
        session.run(step, {x: [1.0, 1.0]})
        with pytest.raises(errors.InvalidArgumentError, match="log of x : Tensor had Inf"):
            session.run(step, {x: [0.0, 1.0]})
        np.testing.assert_array_equal(session.run(v), [1, 2])
    session.run(other.op)
    np.testing.assert_array_equal(session.run(v), [2, 3])


def test_out_of_range_row_changes_no_row(tier):
    table = variable_op_v2([4, 2], dtypes.float32, name="table")
    rows = placeholder(dtypes.int32, [None])
    init = assign(table, np.zeros((4, 2), np.float32))
    step = scatter_add(table, rows, constant([[1.0, 1.0], [2.0, 2.0]]))
    session = Session()
    session.run(init)
    for i in range(3):
        session.run(step.op, {rows: [0, 3]})
        with pytest.raises(errors.InvalidArgumentError, match=r"= 4 is not in \[0, 4\)"):
            session.run(step.op, {rows: [1, 4]})
        want = np.zeros((4, 2))
        want[0], want[3] = i + 1, 2 * (i + 1)
        np.testing.assert_array_equal(session.run(table), want)


def test_uninitialised_variable_is_named(tier):
    v = variable_op_v2([2], dtypes.float32, name="weights")
    session = Session()
    for fetch in (v, add(v, 1.0), assign_add(v, [1.0, 1.0])):
        with pytest.raises(errors.FailedPreconditionError) as caught:
            session.run(fetch)
        text = str(caught.value)
        assert text.startswith("Attempting to use uninitialized value weights")
        assert "test_state.py" in text
        assert "global_variables_initializer" in text


def test_rebuilding_a_graph_compiles_nothing_new(monkeypatch):
    monkeypatch.setattr(plan, "COLD_RUNS", 0)
    from evergraph.runtime import xla_segment

    def build():
        with Graph().as_default():
            v = variable_op_v2([3], dtypes.float32)
            init, step = assign(v, [1.0, 2.0, 3.0]), assign_add(v, [1.0, 1.0, 1.25])
            session = Session()
            session.run(init)
            session.run(step.op)

    build()
    before = set(xla_segment._executables)
    build()
    assert set(xla_segment._executables) == before


def test_adding_operations_keeps_the_plan(monkeypatch):
    monkeypatch.setattr(plan, "COLD_RUNS", 0)
    v = variable_op_v2([], dtypes.float32)
    init, step = assign(v, 0.0), assign_add(v, 1.0)
    session = Session()
    session.run(init)
    session.run(step.op)
    entry = session._plans[(step.op,)]
    for _ in range(3):
        constant(1.0)
        session.run(step.op)
    assert session._plans[(step.op,)] is entry


def test_control_edge_orders_a_read_after_a_write(tier):
    v = variable_op_v2([], dtypes.float32)
    init, write = assign(v, 1.0), assign(v, 5.0)
    with control_dependencies([write]):
        after = add(identity(v), 0.0)
    before = add(identity(v), 0.0)
    session = Session()
    for _ in range(3):
        session.run(init)
        assert session.run([after, before]) == [5.0, 1.0]
