"""Random programs of nested conds and loops, as descriptions that know no graph.

A description is a tree of statements about vectors of three numbers. `control_graph.py` builds it
through `tf` (TensorFlow 1.15 or Evergraph), `control_plain.py` evaluates it by Python and NumPy.
A name that no statement has made means the fed vector `x`: any statement may be left out, which is
how a failing program is made small (`smaller`). Runs under Python 3.7 too.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace

import numpy as np

WIDTH = 3
ROWS = 4  # of the matrix `m`, whose rows loops read
TABLE_ROWS = 5


@dataclass(frozen=True)
class Block:
    """Statements, and the names of the vectors that they make for whoever asked."""

    statements: tuple
    results: tuple


@dataclass(frozen=True)
class Constant:
    out: str
    numbers: tuple


@dataclass(frozen=True)
class Unary:
    out: str
    fn: str  # tanh, sigmoid, relu, sin, neg, third_of_square, stop
    a: str


@dataclass(frozen=True)
class Partial:
    """A function that isn't finite everywhere: log, sqrt, reciprocal, checked_log."""

    out: str
    fn: str
    a: str


@dataclass(frozen=True)
class Binary:
    out: str
    fn: str  # add (a / 2 + b), sub, mul, max
    a: str
    b: str


@dataclass(frozen=True)
class MatVec:
    """a W, with W captured from outside of all loops."""

    out: str
    a: str


@dataclass(frozen=True)
class Use:
    """a times a variable that nobody writes."""

    out: str
    variable: str
    a: str


@dataclass(frozen=True)
class Gather:
    """The sum of rows of the table; indices are numbers, or depend on a counter or on the fed n."""

    out: str
    offsets: tuple
    counter: str  # "" for offsets alone


@dataclass(frozen=True)
class Read:
    """What a written variable holds now, plus a number."""

    out: str
    variable: str
    number: float


@dataclass(frozen=True)
class Assign:
    """v := a, v += a or v -= a; `out` is the new value plus a number."""

    out: str
    variable: str
    method: str  # assign, assign_add, assign_sub
    a: str
    number: float


@dataclass(frozen=True)
class Random:
    """Three uniform numbers of the stream of a seed, times `a`."""

    out: str
    seed: int
    a: str


@dataclass(frozen=True)
class Predicate:
    """p (fed), n (fed n > bound), even (a counter is), sum (of a vector > bound), least (its least
    element > bound), variable (the sum of a written variable > bound)."""

    kind: str
    subject: str = ""
    bound: float = 0.0


@dataclass(frozen=True)
class Cond:
    outs: tuple
    predicate: Predicate
    yes: Block
    no: Block


@dataclass(frozen=True)
class Case:
    out: str
    predicates: tuple
    blocks: tuple
    default: Block


@dataclass(frozen=True)
class While:
    """A loop of at most `bound` iterations over the vectors `params` and a counter from 0.

    `trips`: const (bound), fed (the smaller of n and bound), value (and while the sum of the first
    parameter exceeds `threshold`), variable (and while the sum of `variable` does).
    `array_in` is read by the body, one row of `m` per iteration; `array_out` is written.
    """

    outs: tuple
    inits: tuple
    params: tuple
    counter: str
    trips: str
    bound: int
    body: Block
    threshold: float = 0.0
    variable: str = ""
    maximum: int = -1  # maximum_iterations; -1: not given
    parallel: int = 10
    back_prop: bool = True
    swap: bool = False
    array_in: str = ""
    clear: bool = True  # whether array_in forgets a row when it has been read
    array_out: str = ""
    dynamic: bool = True  # whether array_out grows
    shaped: bool = True  # whether array_out is told the shape of its elements


@dataclass(frozen=True)
class ArrayRead:
    """The row that the counter says (modulo the number of rows)."""

    out: str
    array: str
    counter: str


@dataclass(frozen=True)
class ArrayWrite:
    """Writes a at the counter; with a predicate, a or b through a cond."""

    array: str
    counter: str
    a: str
    b: str = ""
    predicate: Predicate = None


@dataclass(frozen=True)
class ArrayUse:
    """The sum of an array's elements, each times a number that grows with its place."""

    out: str
    array: str
    how: str  # stack, gather (backwards), concat


@dataclass(frozen=True)
class Functional:
    """map_fn, foldl, foldr or scan over `m` or over a stack of vectors, summed as by ArrayUse."""

    out: str
    fn: str
    source: tuple  # names of vectors; empty: m
    init: str
    accumulator: str
    element: str
    body: Block


@dataclass(frozen=True)
class Grow:
    """A matrix that gets a row in each of `trips` iterations (-1: n), summed as by ArrayUse."""

    out: str
    a: str
    trips: int


@dataclass(frozen=True)
class Variable:
    name: str
    kind: str  # ref, resource
    initial: tuple
    is_written: bool


@dataclass(frozen=True)
class Program:
    """A description: `runs` are feeds of (x, p, n), in one session."""

    seed: int
    dtype: str
    variables: tuple
    table_kind: str
    table: tuple
    matrix: tuple  # W
    rows: tuple  # m
    body: Block
    wanted: tuple  # names of vectors whose gradients are asked for beside the inputs'
    runs: tuple


def statements_in(value):
    """Every statement of a description, outer ones first."""
    if is_dataclass(value) and not isinstance(value, (Block, Program, Predicate, Variable)):
        yield value
    if is_dataclass(value):
        for field in fields(value):
            yield from statements_in(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from statements_in(item)


def has_effects(value):
    """Whether something in `value` reads or writes variables that are written, or draws."""
    for statement in statements_in(value):
        if isinstance(statement, (Read, Assign, Random)):
            return True
        if isinstance(statement, While) and statement.trips == "variable":
            return True
        if isinstance(statement, Cond) and statement.predicate.kind == "variable":
            return True
    return False


def smaller(program):
    """Descriptions that are `program` with one thing left out."""
    for body in _smaller_block(program.body):
        yield replace(program, body=body)
    if len(program.runs) > 1:
        for run in program.runs:
            yield replace(program, runs=(run,))


def _smaller_block(block):
    for index, statement in enumerate(block.statements):
        before, after = block.statements[:index], block.statements[index + 1 :]
        yield replace(block, statements=before + after)
        for field in fields(statement):
            inner = getattr(statement, field.name)
            if isinstance(inner, Block):
                for less in _smaller_block(inner):
                    new = replace(statement, **{field.name: less})
                    yield replace(block, statements=(*before, new, *after))


class _Maker:
    """Makes one program; a vector is known by its name."""

    def __init__(self, seed):
        self.rng = np.random.RandomState(seed)
        self.count = 0
        self.levels = self.pick((1, 2, 2, 3))
        kinds = ("ref", "resource")
        self.variables = tuple(
            Variable(name, kinds[self.rng.randint(2)], self.numbers(WIDTH), name in "vw")
            for name in "vwu"
        )

    def name(self):
        self.count += 1
        return f"t{self.count}"

    def below(self, limit):
        return int(self.rng.randint(limit))

    def chance(self, probability):
        return bool(self.rng.rand() < probability)

    def pick(self, items):
        return items[self.below(len(items))]

    def numbers(self, count, spread=16):
        return tuple(self.number(spread) for _ in range(count))

    def number(self, spread=16):
        """A multiple of 1/16 (exact in float32) between -1 and 1."""
        return float(self.rng.randint(-spread, spread + 1)) / 16.0

    def program(self, seed):
        """The whole description."""
        scope = _Scope(("x", "c"), (), 0, False)
        statements = []
        for _ in range(1 + self.below(3)):
            statements += self.statement(scope, top=True)
            if self.chance(0.4):
                statements += self.plain(scope)
        statements += self.construct(scope)
        own = [s for s in scope.vectors if s not in ("x", "c")]
        results = tuple(own[-1 - i] for i in range(min(len(own), 1 + self.below(3))))
        wanted = tuple(sorted({self.pick(own) for _ in range(2)}))
        runs = tuple(
            (self.numbers(WIDTH), self.chance(0.5), n) for n in self.pick([(0, 3), (2, 0), (4, 1)])
        )
        return Program(
            seed,
            self.pick(("float32", "float64")),
            self.variables,
            self.pick(("ref", "resource")),
            tuple(self.numbers(WIDTH) for _ in range(TABLE_ROWS)),
            tuple(self.numbers(WIDTH, 10) for _ in range(WIDTH)),
            tuple(self.numbers(WIDTH) for _ in range(ROWS)),
            Block(tuple(statements), results),
            wanted,
            runs,
        )

    def block(self, scope, results, bounded=False):
        """A block that sees what `scope` shows; `bounded`: results lie between -1 and 1."""
        statements = []
        for _ in range(1 + self.below(3)):
            statements += self.statement(scope)
        # One of the newest vectors first, so that little of the block is for nothing.
        names = [scope.vectors[-1]] + [self.pick(scope.vectors) for _ in range(results - 1)]
        if bounded:
            bounds = [Unary(self.name(), self.pick(("tanh", "sin", "sigmoid")), n) for n in names]
            statements += bounds
            names = [statement.out for statement in bounds]
        return Block(tuple(statements), tuple(names))

    def statement(self, scope, top=False):
        """One or a few statements; the vectors they make are added to `scope`."""
        if scope.level < self.levels and self.chance(0.75 if top else 0.35):
            return self.construct(scope)
        return self.plain(scope)

    def plain(self, scope):
        """A statement without blocks."""
        out, a, b = self.name(), self.pick(scope.vectors), self.pick(scope.vectors)
        kinds = ["unary", "unary", "binary", "binary", "matvec", "use", "gather", "constant"]
        if not scope.is_pure:
            kinds += ["read", "assign", "assign", "random"]
        kind = self.pick(kinds)
        if kind == "unary":
            fn = self.pick(("tanh", "sigmoid", "relu", "sin", "neg", "third_of_square", "stop"))
            made = Unary(out, fn, a)
        elif kind == "binary":
            made = Binary(out, self.pick(("add", "add", "sub", "mul", "max")), a, b)
        elif kind == "matvec":
            made = MatVec(out, a)
        elif kind == "use":
            made = Use(out, "u", a)
        elif kind == "gather":
            counters = [*scope.counters, "n", ""]
            offsets = tuple(self.below(TABLE_ROWS) for _ in range(1 + self.below(3)))
            made = Gather(out, offsets, self.pick(counters))
        elif kind == "constant":
            made = Constant(out, self.numbers(WIDTH))
        elif kind == "read":
            made = Read(out, self.pick("vw"), self.number())
        elif kind == "assign":
            bounded = Unary(self.name(), "tanh", a)
            method = self.pick(("assign", "assign_add", "assign_sub"))
            made = Assign(out, self.pick("vw"), method, bounded.out, self.number())
            scope.vectors.append(out)
            return [bounded, made]
        else:
            made = Random(out, 1 + self.below(1000), a)
        scope.vectors.append(out)
        return [made]

    def construct(self, scope):
        """A statement with blocks, and what belongs to it."""
        kind = self.pick(
            ["cond"] * 5 + ["guarded"] * 2 + ["case"] + ["while"] * 9 + ["functional", "grow"]
        )
        make = getattr(self, "_" + kind)
        return make(scope)

    def _predicate(self, scope):
        kinds = ["p", "n", "sum"] + ["even"] * bool(scope.counters)
        kinds += ["variable"] * (not scope.is_pure)
        kind = self.pick(kinds)
        if kind == "n":
            return Predicate(kind, "", float(self.below(4)))
        if kind == "sum":
            return Predicate(kind, self.pick(scope.vectors), self.number(24))
        if kind == "even":
            return Predicate(kind, self.pick(scope.counters))
        if kind == "variable":
            return Predicate(kind, self.pick("vw"), self.number(24))
        return Predicate(kind)

    def _outs(self, scope, count):
        outs = tuple(self.name() for _ in range(count))
        scope.vectors.extend(outs)
        return outs

    def _cond(self, scope):
        count = 1 + self.below(3)
        predicate = self._predicate(scope)
        yes, no = (self.block(scope.inner(), count) for _ in range(2))
        return [Cond(self._outs(scope, count), predicate, yes, no)]

    def _guarded(self, scope):
        """A function that the untaken branch would give nan or inf for, or an error."""
        a, inner = self.pick(scope.vectors), self.name()
        fn = self.pick(("log", "sqrt", "reciprocal", "checked_log"))
        yes = Block((Partial(inner, fn, a),), (inner,))
        no = self.block(scope.inner(), 1)
        return [Cond(self._outs(scope, 1), Predicate("least", a, 0.0625), yes, no)]

    def _case(self, scope):
        predicates = tuple(self._predicate(scope.inner(pure=True)) for _ in range(2))
        blocks = tuple(self.block(scope.inner(pure=True), 1) for _ in range(3))
        return [Case(self._outs(scope, 1)[0], predicates, blocks[:2], blocks[2])]

    def _while(self, scope):
        count = 1 + self.below(3)
        inits = tuple(self.pick(scope.vectors) for _ in range(count))
        params = tuple(self.name() for _ in range(count))
        counter = "i" + self.name()
        trips = self.pick(("const", "fed", "value") + ("variable",) * (not scope.is_pure))
        bound = self.pick((0, 1, 2, 3, 3, 4)) if scope.level < 2 else self.pick((0, 1, 2))
        inner = scope.inner(params, (counter,))
        extra, prefix, suffix = {}, (), ()
        kind = self.below(6)
        if kind == 0:
            array, row = "a" + self.name(), self.name()
            prefix = (ArrayRead(row, array, counter),)
            inner.vectors.append(row)
            extra.update(array_in=array, clear=self.chance(0.5))
        body = self.block(inner, count, bounded=True)
        if kind in (1, 2):
            array = "a" + self.name()
            a, b = self.pick(inner.vectors), self.pick(inner.vectors)
            write = ArrayWrite(array, counter, a)
            if self.chance(0.25):
                write = ArrayWrite(array, counter, a, b, self._predicate(inner.inner(pure=True)))
            suffix = (write,)
            extra.update(
                array_out=array,
                dynamic=trips in ("value", "variable") or self.chance(0.5),
                shaped=self.chance(0.5),
            )
        body = replace(body, statements=prefix + body.statements + suffix)
        loop = While(
            self._outs(scope, count),
            inits,
            params,
            counter,
            trips,
            bound,
            body,
            threshold=self.number(),
            variable=self.pick("vw"),
            maximum=self.pick((-1, -1, -1, 0, 1, 2)) if not extra.get("array_out") else -1,
            parallel=self.pick((1, 10, 10, 32)),
            back_prop=not self.chance(0.06),
            swap=self.chance(0.2),
            **extra,
        )
        if loop.array_out:
            out = self.name()
            how = self.pick(("stack", "gather", "concat"))
            scope.vectors.append(out)
            return [loop, ArrayUse(out, loop.array_out, how)]
        return [loop]

    def _functional(self, scope):
        fn = self.pick(("map_fn", "foldl", "foldr", "scan"))
        source = tuple(self.pick(scope.vectors) for _ in range(self.below(4)))
        accumulator, element = self.name(), self.name()
        names = (element,) if fn == "map_fn" else (accumulator, element)
        body = self.block(scope.inner(names, pure=True), 1, bounded=True)
        init = self.pick(scope.vectors)
        out = self._outs(scope, 1)[0]
        return [Functional(out, fn, source, init, accumulator, element, body)]

    def _grow(self, scope):
        a = self.pick(scope.vectors)
        return [Grow(self._outs(scope, 1)[0], a, self.pick((-1, 0, 2, 3)))]


class _Scope:
    """What a block sees: names of vectors and counters."""

    def __init__(self, vectors, counters, level, is_pure):
        self.vectors, self.counters = list(vectors), tuple(counters)
        self.level, self.is_pure = level, is_pure

    def inner(self, vectors=(), counters=(), pure=False):
        return _Scope(
            [*self.vectors, *vectors],
            self.counters + tuple(counters),
            self.level + 1,
            self.is_pure or pure,
        )


def control_program(seed):
    """The description that depends on `seed` alone."""
    return _Maker(seed).program(seed)
