"""Stacks: pushed, popped, bounded, closed, in both forms."""

from programs.theme import Theme, caught

THEME = Theme()


def sent(error):
    """The class and the words of an error; TensorFlow's name of a stack has a number in it."""
    return [type(error).__name__, str(error).split("\n")[0].split("]")[-1].split("[")[0]]


@THEME.programs_over(["V2", "ref"])
def last_in_first_out(tf, np, form):
    ops = Ops(tf, form)
    handle = ops.new(tf.float32)
    first = ops.push(handle, [[1.0, 2.0]])
    with tf.control_dependencies([first]):
        second = ops.push(handle, [[3.0, 4.0], [5.0, 6.0]])
    with tf.control_dependencies([second]):
        last = ops.pop(handle, tf.float32)
    with tf.control_dependencies([last]):
        before = ops.pop(handle, tf.float32)
    with tf.Session() as sess:
        return second, last, sess.run([second, last, before])


@THEME.programs_over(["V2", "ref"])
def popping_an_empty_stack(tf, np, form):
    ops = Ops(tf, form)
    handle = ops.new(tf.float32)
    value = ops.pop(handle, tf.float32)
    with tf.Session() as sess:
        return sent(caught(lambda: sess.run(value)))


@THEME.program
def pushing_too_much(tf, np):
    ops = Ops(tf, "V2")
    answers = []
    with tf.Session() as sess:
        for size in (2, 1, 0, -1):
            handle = ops.new(tf.float32, size)
            pushed = ops.push(handle, 1.0)
            with tf.control_dependencies([pushed]):
                pushed = ops.push(handle, 2.0)
            # Without a pop TensorFlow's optimizer drops the pushes.
            with tf.control_dependencies([pushed]):
                popped = ops.pop(handle, tf.float32)
            answer = caught(lambda popped=popped: sess.run(popped))
            answers.append(sent(answer) if isinstance(answer, Exception) else answer)
    return answers


@THEME.programs_over(["V2", "ref"])
def using_a_closed_stack(tf, np, form):
    ops = Ops(tf, form)
    handle = ops.new(tf.float32)
    pushed = ops.push(handle, 1.0)
    with tf.control_dependencies([pushed]):
        closed = ops.close(handle)
    with tf.Session() as sess:
        return sess.run([closed, pushed])


@THEME.program
def each_run_has_its_own(tf, np):
    ops = Ops(tf, "V2")
    handle = ops.new(tf.int32)
    with tf.control_dependencies([ops.push(handle, 7)]):
        value = ops.pop(handle, tf.int32)
    with tf.Session() as sess:
        return [sess.run(value) for _ in range(3)]


@THEME.program
def two_stacks_at_once(tf, np):
    ops = Ops(tf, "V2")
    handles = [ops.new(tf.float32) for _ in range(2)]
    pushed = [ops.push(handle, value) for handle, value in zip(handles, [4.0, 5.0])]
    with tf.control_dependencies(pushed):
        values = [ops.pop(handle, tf.float32) for handle in handles]
    with tf.Session() as sess:
        return sess.run(values)


class Ops:
    """The four operations of one form."""

    def __init__(self, tf, form):
        self.tf, self.ending = tf, "V2" if form == "V2" else ""

    def _op(self, word):
        return getattr(self.tf.raw_ops, f"Stack{word}{self.ending}")

    def new(self, dtype, size=-1):
        if self.ending:
            return self._op("")(max_size=size, elem_type=dtype, stack_name="s")
        return self._op("")(elem_type=dtype, stack_name="s")

    def push(self, handle, value):
        return self._op("Push")(handle=handle, elem=self.tf.convert_to_tensor(value))

    def pop(self, handle, dtype):
        return self._op("Pop")(handle=handle, elem_type=dtype)

    def close(self, handle):
        return self._op("Close")(handle=handle)
