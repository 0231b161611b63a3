"""Random control-flow programs as graphs, through the functions that users call.

`tf` is TensorFlow 1.15 or Evergraph. No program has a race: whoever reads or writes a written
variable, or draws, waits by control edges for those before it where their order matters; conds wait
with their predicate, loops with their initial values, and the results of both wait for what went on
inside. Runs under Python 3.7 too.
"""

from __future__ import annotations

import numpy as np

from tests.runtime import control_programs as cp


class _Order:
    """The accesses of a block to each variable that is written: the last write, reads since."""

    def __init__(self, start=()):
        self.start = list(start)
        self.writes, self.reads = {}, {}

    def before_read(self, key):
        return self.writes.get(key, self.start)

    def before_write(self, key):
        return self.before_read(key) + self.reads.get(key, [])

    def read(self, key, op):
        self.reads.setdefault(key, []).append(op)

    def write(self, key, op):
        self.writes[key], self.reads[key] = [op], []

    def all(self):
        lists = [*self.writes.values(), *self.reads.values()]
        return [op for ops in lists for op in ops] or self.start

    def restart(self, ops):
        """Everything before stands behind `ops`."""
        self.start, self.writes, self.reads = list(ops), {}, {}


class Built:
    """A description as a graph: feeds and fetches of its runs."""

    def __init__(self, tf, program):
        self.tf, self.program = tf, program
        self.dtype = tf.as_dtype(program.dtype)
        self.x = tf.placeholder(self.dtype, [cp.WIDTH], name="x")
        self.p = tf.placeholder(tf.bool, [], name="p")
        self.n = tf.placeholder(tf.int32, [], name="n")
        self.c = self._constant([0.5, -0.25, 0.75], "c")
        self.rows = self._constant(program.rows, "m")
        self.matrix = self._constant(program.matrix, "W")
        self.table = self._variable(program.table, program.table_kind, "table")
        self.variables = {
            v.name: self._variable(v.initial, v.kind, v.name) for v in program.variables
        }
        order = _Order()
        scope = {"x": self.x, "c": self.c}
        results = self.block(program.body, scope, {}, order)
        with tf.control_dependencies(order.all()):
            self.results = [tf.identity(result) for result in results]
            self.reads = [self.variables[v.name].read_value() + 0 for v in program.variables]
        loss = tf.add_n(
            [tf.reduce_sum(result) * (1.0 + 0.5 * i) for i, result in enumerate(self.results)]
        )
        self.named = {"x": self.x, "c": self.c, "m": self.rows, "W": self.matrix}
        self.named["table"] = self.table
        self.named.update(self.variables)
        self.named.update((name, scope.get(name, self.x)) for name in program.wanted)
        found = tf.gradients(loss, list(self.named.values()))
        self.gradients = dict(zip(self.named, found))

    def _constant(self, numbers, name=None):
        return self.tf.constant(np.array(numbers), self.dtype, name=name)

    def _variable(self, numbers, kind, name):
        initial = np.array(numbers, self.dtype.as_numpy_dtype)
        return self.tf.Variable(initial, name=name, use_resource=kind == "resource")

    def run(self, session, feeds):
        """Results, variables, gradients by name: an array, None, or a value with indices."""
        x, p, n = feeds
        known = {k: g for k, g in self.gradients.items() if g is not None}
        fetches = [self.results, self.reads, known]
        results, reads, found = session.run(fetches, {self.x: x, self.p: p, self.n: n})
        names = [v.name for v in self.program.variables]
        return results, dict(zip(names, reads)), {k: found.get(k) for k in self.named}

    def answers(self, session, feeds):
        """What a run gives as (form, numbers).

        The form has a string for each gradient: "-" (None), "d" (dense), "s0,1" (slices, indices).
        """
        results, reads, grads = self.run(session, feeds)
        form, numbers = [], [*results, *reads.values()]
        for grad in grads.values():
            if grad is None:
                form.append("-")
            elif hasattr(grad, "indices"):
                form.append("s" + ",".join(str(i) for i in grad.indices))
                numbers.append(grad.values)
            else:
                form.append("d")
                numbers.append(grad)
        return form, np.concatenate([np.ravel(value) for value in numbers])

    def block(self, block, scope, arrays, order):
        """Build the statements in `scope`, which is changed, and return the results."""
        for statement in block.statements:
            getattr(self, type(statement).__name__)(statement, scope, arrays, order)
        return [_find(scope, name) for name in block.results]

    def Constant(self, s, scope, arrays, order):
        scope[s.out] = self._constant(s.numbers)

    def Unary(self, s, scope, arrays, order):
        tf, a = self.tf, _find(scope, s.a)
        scope[s.out] = {
            "tanh": tf.tanh,
            "sigmoid": tf.sigmoid,
            "relu": tf.nn.relu,
            "sin": tf.sin,
            "neg": tf.negative,
            "third_of_square": lambda v: tf.square(v) / 3,
            "stop": tf.stop_gradient,
        }[s.fn](a)

    def Partial(self, s, scope, arrays, order):
        tf, a = self.tf, _find(scope, s.a)
        scope[s.out] = {
            "log": tf.log,
            "sqrt": tf.sqrt,
            "reciprocal": lambda v: 1.0 / v,
            "checked_log": lambda v: tf.check_numerics(tf.log(v), "log"),
        }[s.fn](a)

    def Binary(self, s, scope, arrays, order):
        a, b = _find(scope, s.a), _find(scope, s.b)
        scope[s.out] = {
            "add": lambda: a * 0.5 + b,
            "sub": lambda: a - b,
            "mul": lambda: a * b,
            "max": lambda: self.tf.maximum(a, b),
        }[s.fn]()

    def MatVec(self, s, scope, arrays, order):
        tf = self.tf
        product = tf.matmul(tf.expand_dims(_find(scope, s.a), 0), self.matrix)
        scope[s.out] = tf.reshape(product, [cp.WIDTH])

    def Use(self, s, scope, arrays, order):
        scope[s.out] = self.variables[s.variable] * _find(scope, s.a)

    def Gather(self, s, scope, arrays, order):
        tf = self.tf
        indices = tf.constant(s.offsets)
        if s.counter:
            counter = self.n if s.counter == "n" else scope.get(s.counter, 0)
            indices = tf.floormod(indices + counter, cp.TABLE_ROWS)
        rows = tf.nn.embedding_lookup(self.table, indices)
        weights = self._constant([[k + 1.0] for k in range(len(s.offsets))])
        scope[s.out] = tf.reduce_sum(rows * weights, 0)

    def Read(self, s, scope, arrays, order):
        # Added at once: what is read is a place, which the next write may change.
        with self.tf.control_dependencies(order.before_read(s.variable)):
            value = self.variables[s.variable].read_value() + s.number
        order.read(s.variable, value.op)
        scope[s.out] = value

    def Assign(self, s, scope, arrays, order):
        v = self.variables[s.variable]
        with self.tf.control_dependencies(order.before_write(s.variable)):
            value = getattr(v, s.method)(_find(scope, s.a)) + s.number
        order.write(s.variable, value.op)
        scope[s.out] = value

    def Random(self, s, scope, arrays, order):
        tf = self.tf
        with tf.control_dependencies(order.start):
            drawn = tf.random_uniform([cp.WIDTH], seed=s.seed)
        order.read("random", drawn.op)
        scope[s.out] = tf.stop_gradient(tf.cast(drawn, self.dtype)) * _find(scope, s.a)

    def predicate(self, predicate, scope, order):
        """The bool tensor, which waits for all accesses so far."""
        tf = self.tf
        with tf.control_dependencies(order.all()):
            if predicate.kind == "p":
                return tf.identity(self.p)
            if predicate.kind == "n":
                return tf.greater(self.n, int(predicate.bound))
            if predicate.kind == "even":
                counter = scope.get(predicate.subject, tf.constant(0))
                return tf.equal(tf.floormod(counter, 2), 0)
            if predicate.kind == "variable":
                value = tf.reduce_sum(self.variables[predicate.subject].read_value() + 0)
            elif predicate.kind == "sum":
                value = tf.reduce_sum(_find(scope, predicate.subject))
            else:
                value = tf.reduce_min(_find(scope, predicate.subject))
            return tf.greater(value, predicate.bound)

    def branch(self, block, scope, arrays):
        """A function that builds `block` and lets its results wait for its accesses."""

        def build():
            order = _Order()
            results = self.block(block, dict(scope), dict(arrays), order)
            if not order.all():
                return results
            with self.tf.control_dependencies(order.all()):
                return [self.tf.identity(result) for result in results]

        return build

    def Cond(self, s, scope, arrays, order):
        predicate = self.predicate(s.predicate, scope, order)
        yes, no = (self.branch(block, scope, arrays) for block in (s.yes, s.no))
        results = self.tf.cond(predicate, yes, no)
        results = results if isinstance(results, list) else [results]
        if cp.has_effects((s.predicate, s.yes, s.no)):
            order.restart([result.op for result in results])
        scope.update(zip(s.outs, results))

    def Case(self, s, scope, arrays, order):
        pairs = [
            (self.predicate(p, scope, order), self.branch(block, scope, arrays))
            for p, block in zip(s.predicates, s.blocks)
        ]
        result = self.tf.case(pairs, default=self.branch(s.default, scope, arrays))
        scope[s.out] = result[0] if isinstance(result, list) else result

    def While(self, s, scope, arrays, order):
        tf = self.tf
        with tf.control_dependencies(order.all()):
            inits = [tf.identity(_find(scope, name)) for name in s.inits]
            counter = tf.constant(0)
        array_in = array_out = None
        loop_vars = [counter, inits]
        if s.array_in:
            array_in = tf.TensorArray(
                self.dtype, cp.ROWS, clear_after_read=s.clear and s.bound <= 4
            )
            array_in = array_in.unstack(self.rows)
        if s.array_out:
            options = {"element_shape": [cp.WIDTH]} if s.shaped else {}
            size = 0 if s.dynamic else s.bound
            array_out = tf.TensorArray(self.dtype, size, dynamic_size=s.dynamic, **options)
            loop_vars.append(array_out)

        def condition(counter, params, *rest):
            bound = tf.minimum(self.n, s.bound) if s.trips == "fed" else s.bound
            is_on = tf.less(counter, bound)
            if s.trips == "value":
                is_on = tf.logical_and(is_on, tf.reduce_sum(params[0]) > s.threshold)
            if s.trips == "variable":
                with tf.control_dependencies([counter, *params]):
                    value = self.variables[s.variable].read_value() + 0
                is_on = tf.logical_and(is_on, tf.reduce_sum(value) > s.threshold)
            return is_on

        def body(counter, params, *rest):
            inner = {**scope, **dict(zip(s.params, params)), s.counter: counter}
            own = dict(arrays)
            if s.array_in:
                own[s.array_in] = array_in
            if rest:
                own[s.array_out] = rest[0]
            start = _Order([tf.group(counter, *params)] if cp.has_effects(s) else ())
            results = self.block(s.body, inner, own, start)
            with tf.control_dependencies(start.all()):
                results = [tf.identity(result) for result in results]
                following = counter + 1
            return [following, results] + ([own[s.array_out]] if rest else [])

        options = {} if s.maximum < 0 else {"maximum_iterations": s.maximum}
        results = tf.while_loop(
            condition,
            body,
            loop_vars,
            parallel_iterations=s.parallel,
            back_prop=s.back_prop,
            swap_memory=s.swap,
            **options,
        )
        scope.update(zip(s.outs, results[1]))
        if s.array_out:
            arrays[s.array_out] = results[2]
        if cp.has_effects(s):
            order.restart([result.op for result in results[1]])

    def ArrayRead(self, s, scope, arrays, order):
        array = arrays.get(s.array)
        counter = scope.get(s.counter, self.tf.constant(0))
        row = array.read(self.tf.floormod(counter, cp.ROWS))
        row.set_shape([cp.WIDTH])
        scope[s.out] = row

    def ArrayWrite(self, s, scope, arrays, order):
        array, counter = arrays[s.array], scope[s.counter]
        a, b = _find(scope, s.a), _find(scope, s.b)
        if s.predicate is None:
            arrays[s.array] = array.write(counter, a)
        else:
            arrays[s.array] = self.tf.cond(
                self.predicate(s.predicate, scope, _Order()),
                lambda: array.write(counter, a),
                lambda: array.write(counter, b),
            )

    def ArrayUse(self, s, scope, arrays, order):
        tf, array = self.tf, arrays.get(s.array)
        if array is None:
            scope[s.out] = tf.zeros([cp.WIDTH], self.dtype)
        elif s.how == "gather":
            backwards = tf.range(array.size() - 1, -1, -1)
            scope[s.out] = self.weighed(array.gather(backwards))
        elif s.how == "concat":
            scope[s.out] = self.weighed(tf.reshape(array.concat(), [-1, cp.WIDTH]))
        else:
            scope[s.out] = self.weighed(array.stack())

    def weighed(self, rows):
        """The sum of rows, each times a number that grows with its place."""
        tf = self.tf
        weights = tf.cast(tf.range(tf.shape(rows)[0]) + 1, self.dtype) * 0.25
        total = tf.reduce_sum(rows * tf.expand_dims(weights, 1), 0)
        total.set_shape([cp.WIDTH])
        return total

    def Functional(self, s, scope, arrays, order):
        tf = self.tf
        elements = self.rows
        if s.source:
            elements = tf.stack([_find(scope, name) for name in s.source])

        def step(*values):
            names = (s.element,) if s.fn == "map_fn" else (s.accumulator, s.element)
            inner = {**scope, **dict(zip(names, values))}
            return self.block(s.body, inner, dict(arrays), _Order())[0]

        if s.fn == "map_fn":
            made = tf.map_fn(step, elements)
        else:
            made = getattr(tf, s.fn)(step, elements, initializer=_find(scope, s.init))
        if s.fn.startswith("fold"):
            made = tf.expand_dims(made, 0)
        scope[s.out] = self.weighed(made)

    def Grow(self, s, scope, arrays, order):
        tf = self.tf
        _, rows = tf.while_loop(
            lambda i, rows: i < (self.n if s.trips < 0 else s.trips),
            lambda i, rows: (i + 1, tf.concat([rows, tf.sin(rows[:1] + rows[-1:])], 0)),
            [tf.constant(0), tf.expand_dims(_find(scope, s.a), 0)],
            shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, cp.WIDTH])],
        )
        scope[s.out] = self.weighed(rows)


def _find(scope, name):
    return scope.get(name, scope["x"])
