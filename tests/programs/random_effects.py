"""Order of effects in random programs without a race: every access of a variable is ordered.

A write waits for all earlier accesses of its variable, a read for the last write, so that one
answer is right. Which operations run hangs on what is fetched.
"""

from programs.theme import Theme, started, variable

THEME = Theme(rtol=1e-5, atol=1e-6, repeat=5)


class _Builder:
    """Adds random reads, writes, arithmetic and conds to the default graph."""

    def __init__(self, tf, np, seed):
        self.tf, self.rng = tf, np.random.RandomState(seed)
        kinds = [("ref", "resource")[self.rng.randint(2)] for _ in range(2)]
        self.variables = [
            variable(tf, kind, float(i + 1), name="ab"[i]) for i, kind in enumerate(kinds)
        ]
        self.x = tf.placeholder(tf.float32, [], name="x")
        self.values = [self.x * 1.0]
        self.writes = []
        self.last_write = [[], []]  # of each variable
        self.readers = [[], []]  # since that write

    def value(self):
        return self.values[self.rng.randint(len(self.values))]

    def number(self):
        return float(self.rng.randint(-4, 5)) / 4.0

    def read(self):
        which = self.rng.randint(2)
        with self.tf.control_dependencies(self.last_write[which]):
            value = self.variables[which] * 0.5 + self.number()
        self.readers[which].append(value)
        self.values.append(value)

    def arithmetic(self):
        self.values.append(self.tf.tanh(self.value() - self.value() * self.number()))

    def write(self):
        which = self.rng.randint(2)
        v, new = self.variables[which], self.value() + self.number()
        name = ("assign", "assign_add", "assign_sub")[self.rng.randint(3)]
        with self.tf.control_dependencies(self.last_write[which] + self.readers[which]):
            done = getattr(v, name)(new)
        self._written(which, done.op)

    def cond(self):
        which = self.rng.randint(2)
        v, new, other = self.variables[which], self.value(), self.value()
        tf = self.tf
        with tf.control_dependencies(self.last_write[which] + self.readers[which]):
            is_above = tf.greater(self.value(), self.number())
            value = tf.cond(
                is_above,
                lambda: tf.identity(v.assign_add(new)) * 1.0,
                lambda: tf.identity(v.assign(new * 0.5)) * 1.0 if self.both else other * 2.0,
            )
        self._written(which, value.op)
        self.values.append(value)

    def _written(self, which, op):
        self.last_write[which] = [op]
        self.readers[which] = []
        self.writes.append(op)

    def build(self, steps):
        for _ in range(steps):
            self.both = self.rng.rand() < 0.5
            choice = self.rng.rand()
            if choice < 0.3:
                self.read()
            elif choice < 0.5:
                self.arithmetic()
            elif choice < 0.8:
                self.write()
            else:
                self.cond()

    def fetches(self):
        picked = [v for v in self.values[1:] if self.rng.rand() < 0.5]
        return picked + [op for op in self.writes if self.rng.rand() < 0.3]


@THEME.programs_over(range(16, 80), slow=True)
@THEME.programs_over(range(16))
def six_runs(tf, np, seed):
    builder = _Builder(tf, np, seed)
    builder.build(6 + seed % 12)
    fetches = [builder.fetches() for _ in range(2)]
    answers = []
    with started(tf) as sess:
        for run in range(6):
            answers.append(sess.run(fetches[run % 2], {builder.x: 0.25 * run - 0.5}))
            answers.append(sess.run(builder.variables))
    return answers
