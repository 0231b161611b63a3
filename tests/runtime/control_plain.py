"""Random control-flow programs by Python and NumPy alone: values, and gradients by a tape.

Python's own `if` and `while` decide, in float64; every vector is a `Node` that knows what it was
made from, so that one walk backwards gives the gradients. Runs under Python 3.7 too.
"""

from __future__ import annotations

import numpy as np

from tests.runtime import control_programs as cp

# How near a decision (a predicate, a maximum, a kink) may come to turning over.
MARGIN = 1e-3


class Node:
    """A value and its parents, each with the function from its gradient to the parent's."""

    count = 0

    def __init__(self, value, *parents):
        self.value = np.asarray(value, np.float64)
        self.parents = parents
        Node.count += 1
        self.created = Node.count


def gradients(loss, leaves):
    """The gradient of the scalar `loss` for each of `leaves`."""
    found = {loss.created: loss}
    stack = [loss]
    while stack:
        for parent, _ in stack.pop().parents:
            if parent.created not in found:
                found[parent.created] = parent
                stack.append(parent)
    sums = {loss.created: np.ones(())}
    for created in sorted(found, reverse=True):
        node = found[created]
        for parent, pull in node.parents:
            if created in sums:
                part = pull(sums[created])
                sums[parent.created] = sums.get(parent.created, 0.0) + part
    return [sums.get(leaf.created, np.zeros_like(leaf.value)) + 0.0 for leaf in leaves]


class Stream:
    """Uniform float32 numbers of Philox4x32-10 as a random op of TensorFlow draws them."""

    def __init__(self, seed):
        self.key = 87654321  # the graph's seed where none was given
        self.seed, self.drawn = seed, 0

    def three(self):
        """Three numbers; a draw of n elements takes 256 n blocks."""
        counter = [self.drawn & 0xFFFFFFFF, self.drawn >> 32, self.seed, 0]
        self.drawn += 256 * cp.WIDTH
        k0, k1 = self.key, 0
        for _ in range(10):
            p, q = counter[0] * 0xD2511F53, counter[2] * 0xCD9E8D57
            counter = [
                (q >> 32) ^ counter[1] ^ k0,
                q & 0xFFFFFFFF,
                (p >> 32) ^ counter[3] ^ k1,
                p & 0xFFFFFFFF,
            ]
            k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
        return np.array([(w & 0x7FFFFF) * 2.0**-23 for w in counter[: cp.WIDTH]])


class Plain:
    """A program's session: what its variables hold and how far its streams are."""

    def __init__(self, program):
        self.program = program
        self.state = {v.name: np.array(v.initial) for v in program.variables}
        self.kinds = {v.name: v.kind for v in program.variables}
        self.streams = {}
        self.margin = np.inf

    def run(self, feeds, nudge=0.0):
        """Results, variables afterwards, and gradients by name of what they are for.

        `nudge` is added to what is fed: how far answers move by it says how steep they are.
        """
        program = self.program
        x, self.p, self.n = feeds
        leaves = {"x": Node(np.array(x) + nudge), "c": Node(np.array([0.5, -0.25, 0.75]))}
        self.rows, self.matrix = Node(program.rows), Node(program.matrix)
        self.table = Node(program.table)
        self.leaves = {name: Node(value) for name, value in self.state.items()}
        scope = dict(leaves)
        results = self.block(program.body, scope, {})
        loss = Node(0.0)
        for index, result in enumerate(results):
            loss = _add(loss, _total(result, 1.0 + 0.5 * index))
        named = {**leaves, "m": self.rows, "W": self.matrix, "table": self.table, **self.leaves}
        named.update((name, scope.get(name, scope["x"])) for name in program.wanted)
        found = gradients(loss, list(named.values()))
        return (
            [result.value for result in results],
            {name: value.copy() for name, value in self.state.items()},
            dict(zip(named, found)),
        )

    def decide(self, difference):
        """Whether `difference` is positive; how near it was to zero is noted."""
        self.margin = min(self.margin, float(np.min(np.abs(difference))))
        return difference > 0

    def block(self, block, scope, arrays):
        """Run the statements in `scope`, which is changed, and return the results."""
        for statement in block.statements:
            getattr(self, type(statement).__name__)(statement, scope, arrays)
        return [_find(scope, name) for name in block.results]

    def Constant(self, s, scope, arrays):
        scope[s.out] = Node(s.numbers)

    def Unary(self, s, scope, arrays):
        a = _find(scope, s.a)
        v = a.value
        if s.fn == "relu":
            scope[s.out] = _by(a, np.maximum(v, 0), np.where(self.decide(v), 1.0, 0.0))
        elif s.fn == "stop":
            scope[s.out] = Node(v)
        else:
            functions = {
                "tanh": lambda: (np.tanh(v), 1 - np.tanh(v) ** 2),
                "sigmoid": lambda: (1 / (1 + np.exp(-v)), np.exp(-v) / (1 + np.exp(-v)) ** 2),
                "sin": lambda: (np.sin(v), np.cos(v)),
                "neg": lambda: (-v, -np.ones_like(v)),
                "third_of_square": lambda: (v * v / 3, 2 * v / 3),
            }
            scope[s.out] = _by(a, *functions[s.fn]())

    def Partial(self, s, scope, arrays):
        a = _find(scope, s.a)
        v = a.value
        with np.errstate(all="ignore"):
            values = {
                "log": (np.log(v), 1 / v),
                "checked_log": (np.log(v), 1 / v),
                "sqrt": (np.sqrt(v), 0.5 / np.sqrt(v)),
                "reciprocal": (1 / v, -1 / v**2),
            }[s.fn]
        scope[s.out] = _by(a, *values)

    def Binary(self, s, scope, arrays):
        a, b = _find(scope, s.a), _find(scope, s.b)
        u, v = a.value, b.value
        if s.fn == "add":
            made = _add(_by(a, u / 2, 0.5), b)
        elif s.fn == "sub":
            made = _add(a, _by(b, -v, -1.0))
        elif s.fn == "mul":
            made = Node(u * v, (a, lambda g: g * v), (b, lambda g: g * u))
        elif a is b:
            made = _by(a, u, 1.0)
        else:
            first = self.decide(u - v)
            made = Node(
                np.where(first, u, v),
                (a, lambda g: np.where(first, g, 0.0)),
                (b, lambda g: np.where(first, 0.0, g)),
            )
        scope[s.out] = made

    def MatVec(self, s, scope, arrays):
        a, w = _find(scope, s.a), self.matrix
        scope[s.out] = Node(
            a.value @ w.value,
            (a, lambda g: w.value @ g),
            (w, lambda g: np.outer(a.value, g)),
        )

    def Use(self, s, scope, arrays):
        a, v = _find(scope, s.a), self.leaves[s.variable]
        scope[s.out] = Node(
            a.value * v.value, (a, lambda g: g * v.value), (v, lambda g: g * a.value)
        )

    def Gather(self, s, scope, arrays):
        counter = self.n if s.counter == "n" else _find_counter(scope, s.counter)
        indices = [(offset + counter) % cp.TABLE_ROWS for offset in s.offsets]

        def pull(g):
            out = np.zeros_like(self.table.value)
            for place, index in enumerate(indices):
                out[index] += g * (place + 1.0)
            return out

        value = sum(self.table.value[index] * (k + 1.0) for k, index in enumerate(indices))
        scope[s.out] = Node(value, (self.table, pull))

    def Read(self, s, scope, arrays):
        leaf = self.leaves[s.variable]
        scope[s.out] = Node(self.state[s.variable] + s.number, (leaf, lambda g: g))

    def Assign(self, s, scope, arrays):
        a, old = _find(scope, s.a).value, self.state[s.variable]
        new = {"assign": a, "assign_add": old + a, "assign_sub": old - a}[s.method]
        self.state[s.variable] = new
        # A resource variable is read anew after it is written; a reference is the op's own output.
        leaf = self.leaves[s.variable]
        parents = [(leaf, lambda g: g)] if self.kinds[s.variable] == "resource" else []
        scope[s.out] = Node(new + s.number, *parents)

    def Random(self, s, scope, arrays):
        stream = self.streams.setdefault(s.out, Stream(s.seed))
        scope[s.out] = _by(_find(scope, s.a), *[stream.three()] * 2, scale=True)

    def holds(self, predicate, scope):
        """Whether the predicate is true."""
        if predicate.kind == "p":
            return self.p
        if predicate.kind == "n":
            return self.n > predicate.bound
        if predicate.kind == "even":
            return _find_counter(scope, predicate.subject) % 2 == 0
        if predicate.kind == "variable":
            return bool(self.decide(self.state[predicate.subject].sum() - predicate.bound))
        value = _find(scope, predicate.subject).value
        number = value.sum() if predicate.kind == "sum" else value.min()
        return bool(self.decide(number - predicate.bound))

    def Cond(self, s, scope, arrays):
        block = s.yes if self.holds(s.predicate, scope) else s.no
        for out, value in zip(s.outs, self.block(block, dict(scope), arrays)):
            scope[out] = _by(value, value.value, 1.0)

    def Case(self, s, scope, arrays):
        chosen = s.default
        for predicate, block in reversed(list(zip(s.predicates, s.blocks))):
            if self.holds(predicate, scope):
                chosen = block
        scope[s.out] = self.block(chosen, dict(scope), arrays)[0]

    def While(self, s, scope, arrays):
        inits = [_find(scope, name) for name in s.inits]
        values = inits
        bound = s.bound if s.maximum < 0 else min(s.bound, s.maximum)
        counter = 0
        inner = dict(arrays)
        if s.array_out:
            inner[s.array_out] = {}
        while True:
            # The condition is evaluated whole (one that reads a variable included).
            is_on = counter < (min(self.n, s.bound) if s.trips == "fed" else s.bound)
            if s.trips == "value":
                is_on &= bool(self.decide(values[0].value.sum() - s.threshold))
            if s.trips == "variable":
                is_on &= bool(self.decide(self.state[s.variable].sum() - s.threshold))
            if not is_on or counter >= bound:
                break
            body = {**scope, **dict(zip(s.params, values)), s.counter: counter}
            values = self.block(s.body, body, inner)
            counter += 1
        for out, value in zip(s.outs, values):
            scope[out] = _by(value, value.value, 1.0) if s.back_prop else Node(value.value)
        if s.array_out:
            elements = [inner[s.array_out][i] for i in range(counter)]
            if not s.back_prop:
                elements = [Node(e.value) for e in elements]
            size = counter if s.dynamic else s.bound
            zeros = [Node(np.zeros(cp.WIDTH)) for _ in range(size - counter)]
            arrays[s.array_out] = elements + zeros

    def ArrayRead(self, s, scope, arrays):
        index = _find_counter(scope, s.counter) % cp.ROWS
        scope[s.out] = _row(self.rows, index)

    def ArrayWrite(self, s, scope, arrays):
        name = s.a
        if s.predicate is not None and not self.holds(s.predicate, scope):
            name = s.b
        arrays[s.array][_find_counter(scope, s.counter)] = _find(scope, name)

    def ArrayUse(self, s, scope, arrays):
        elements = arrays.get(s.array, [])
        scope[s.out] = _weighed(elements[::-1] if s.how == "gather" else elements)

    def Functional(self, s, scope, arrays):
        elements = [_find(scope, name) for name in s.source]
        elements = elements or [_row(self.rows, i) for i in range(cp.ROWS)]
        accumulator = _find(scope, s.init)
        results = []
        for element in elements[::-1] if s.fn == "foldr" else elements:
            inner = {**scope, s.accumulator: accumulator, s.element: element}
            accumulator = self.block(s.body, inner, arrays)[0]
            results.append(accumulator)
        scope[s.out] = _weighed([accumulator] if s.fn.startswith("fold") else results)

    def Grow(self, s, scope, arrays):
        rows = [_find(scope, s.a)]
        for _ in range(self.n if s.trips < 0 else s.trips):
            both = _add(rows[0], rows[-1])
            rows.append(_by(both, np.sin(both.value), np.cos(both.value)))
        scope[s.out] = _weighed(rows)


def _find(scope, name):
    return scope.get(name, scope["x"])


def _find_counter(scope, name):
    return scope.get(name, 0) if name else 0


def _by(a, value, slope, scale=False):
    """A function of one vector; with `scale` the vector times `slope`."""
    return Node(a.value * slope if scale else value, (a, lambda g: g * slope))


def _add(a, b):
    return Node(a.value + b.value, (a, lambda g: g), (b, lambda g: g))


def _total(a, weight):
    return Node(a.value.sum() * weight, (a, lambda g: np.full_like(a.value, g * weight)))


def _row(matrix, index):
    def pull(g):
        out = np.zeros_like(matrix.value)
        out[index] += g
        return out

    return Node(matrix.value[index], (matrix, pull))


def _weighed(elements):
    total = Node(np.zeros(cp.WIDTH))
    for place, element in enumerate(elements):
        weight = (place + 1) * 0.25
        total = _add(total, _by(element, element.value * weight, weight))
    return total


def answers(program, forms, nudge=0.0):
    """What every run gives by plain Python, laid out as `dense` lays out a graph's, and the margin.

    `forms`: of each run, the form of its gradients; a gradient that is None there must be zero.
    """
    plain = Plain(program)
    numbers = []
    for feeds, form in zip(program.runs, forms):
        results, reads, grads = plain.run(feeds, nudge)
        values = [*results, *reads.values()]
        values += [
            grad for grad, kind in zip(grads.values(), form) if kind != "-" or np.any(grad != 0.0)
        ]
        numbers.append(np.concatenate([np.ravel(value) for value in values]))
    return numbers, plain.margin


def dense(form, numbers, program):
    """`numbers` of a run with slices added up to dense gradients, so that they compare."""
    sizes = [cp.WIDTH] * (len(program.body.results) + len(program.variables))
    taken = sum(sizes)
    parts = [numbers[:taken]]
    shapes = [1, 1, cp.ROWS, cp.WIDTH, cp.TABLE_ROWS] + [1] * len(program.variables)
    shapes += [1] * len(program.wanted)
    for kind, rows in zip(form, shapes):
        if kind == "-":
            continue
        if kind == "d":
            parts.append(numbers[taken : taken + rows * cp.WIDTH])
            taken += rows * cp.WIDTH
            continue
        indices = [int(i) for i in kind[1:].split(",") if i]
        values = numbers[taken : taken + len(indices) * cp.WIDTH].reshape(-1, cp.WIDTH)
        taken += len(indices) * cp.WIDTH
        total = np.zeros((rows, cp.WIDTH), numbers.dtype)
        np.add.at(total, indices, values)
        parts.append(total.ravel())
    assert taken == numbers.size, (taken, numbers.size)
    return np.concatenate(parts)
