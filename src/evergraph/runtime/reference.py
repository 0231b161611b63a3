"""The slow, obvious evaluator: the referee for everything that the session does cleverly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evergraph.graph.operation import Operation, Tensor
from evergraph.runtime.effects import build_program
from evergraph.runtime.expand_functions import expand_functions
from evergraph.runtime.frames import arranged
from evergraph.runtime.host_segment import Env, run_steps
from evergraph.runtime.plan import initial_state
from evergraph.runtime.prune import prune


def evaluate(
    fetches: Sequence[Tensor],
    targets: Sequence[Operation],
    feeds: Mapping[Tensor, Any],
    state: dict[str, Any],
) -> list[np.ndarray]:
    """Compute `fetches` and run `targets` by walking the pruned operations once, with NumPy.

    Args:
        fetches: tensors to compute.
        targets: operations to run.
        feeds: tensor -> value.
        state: the variables' values by key; changed in place.
    """
    ops = prune([*(t.op for t in fetches if t not in feeds), *targets], feeds)
    ops, fetches = expand_functions(ops, feeds, fetches)
    program = build_program(arranged(ops, feeds), feeds, fetches)
    env = Env(program.slot_count)
    for slot, value in program.constants.items():
        env[slot] = value
    for tensor, slot in program.feeds.items():
        env[slot] = np.asarray(feeds[tensor], tensor.dtype.as_numpy_dtype)
    for location, slot in program.state.items():
        env[slot] = state.get(location.key, initial_state(location))
    run_steps(program.steps, env)
    for location, slot in program.final.items():
        state[location.key] = env[slot]
    return [env[slot] for slot in program.fetches]
