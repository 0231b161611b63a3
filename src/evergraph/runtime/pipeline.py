"""From fetches and feeds to a program: the passes, in order."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from evergraph.graph.operation import Operation, Tensor
from evergraph.runtime.effects import build_program
from evergraph.runtime.expand_functions import expand_functions
from evergraph.runtime.fold_constants import fold_constants
from evergraph.runtime.frames import arranged
from evergraph.runtime.program import Program
from evergraph.runtime.prune import prune
from evergraph.runtime.simplify_loops import simplify_loops


def plan_program(
    targets: Sequence[Operation], fed: Collection[Tensor], fetches: Sequence[Tensor]
) -> Program:
    """The program that runs `targets` and computes `fetches`.

    Prune, replace functions by their bodies, order, resolve effects, fold.
    """
    ops, fetches = expand_functions(prune(targets, fed), fed, fetches)
    ordered = arranged(ops, fed)
    program = build_program(ordered, fed, fetches)
    return fold_constants(simplify_loops(program))
