"""From fetches and feeds to a program: the passes, in order."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from evergraph.graph.operation import Operation, Tensor
from evergraph.runtime.effects import build_program
from evergraph.runtime.expand_functions import expand_functions
from evergraph.runtime.fold_constants import fold_constants
from evergraph.runtime.frames import arranged
from evergraph.runtime.inspection import Inspector
from evergraph.runtime.program import Program
from evergraph.runtime.prune import prune
from evergraph.runtime.simplify_loops import simplify_loops


def plan_program(
    targets: Sequence[Operation], fed: Collection[Tensor], fetches: Sequence[Tensor]
) -> Program:
    """The program that runs `targets` and computes `fetches`.

    Prune, replace functions by their bodies, order, resolve effects, fold.
    """
    inspector = Inspector()
    ops = prune(targets, fed)
    inspector.look("prune", ops)
    ops, fetches = expand_functions(ops, fed, fetches)
    inspector.look("expand_functions", ops)
    ordered = arranged(ops, fed)
    inspector.look("arrange", ordered)
    program = build_program(ordered, fed, fetches)
    inspector.look("build_program", program)
    program = simplify_loops(program)
    inspector.look("simplify_loops", program)
    program = fold_constants(program)
    inspector.look("fold_constants", program)
    return program
