"""0.x's names, arguments and cells of recurrent networks."""

import pytest

import evergraph as tf

CELLS = tf.nn.rnn_cell


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


@pytest.mark.parametrize(
    ("args", "kwargs", "peepholes"),
    [
        ((3, 4), {}, False),
        ((3, 4, True), {}, True),
        ((3, None, True), {}, True),
        ((3, True), {}, True),
        ((3, True, 0.5), {}, True),
        ((3,), {"input_size": 4, "use_peepholes": True}, True),
    ],
)
def test_lstm_takes_the_size_of_inputs_and_ignores_it(args, kwargs, peepholes):
    assert CELLS.LSTMCell(*args, **kwargs)._use_peepholes is peepholes


@pytest.mark.parametrize(
    ("args", "state_size"),
    [
        ((3, 0.0, 4), (3, 3)),
        ((3, 0.0, 4, False), 6),
        ((3, 0.0, None, False), 6),
        ((3, 0.0, False), 6),
        ((3, 0.0, None, True), (3, 3)),
    ],
)
def test_basic_lstm_knows_whose_third_argument_it_gets(args, state_size):
    assert CELLS.BasicLSTMCell(*args).state_size == state_size


@pytest.mark.parametrize("make", [CELLS.GRUCell, CELLS.BasicRNNCell])
@pytest.mark.parametrize("args", [(3, 4, tf.nn.relu), (3, None, tf.nn.relu), (3, tf.nn.relu)])
def test_activation_is_found_behind_the_size_of_inputs(make, args):
    assert make(*args)._activation is tf.nn.relu


def test_fourth_argument_of_dropout_was_the_seed():
    assert CELLS.DropoutWrapper(CELLS.GRUCell(3), 0.5, 0.6, 42)._seed == 42
    assert CELLS.DropoutWrapper(CELLS.GRUCell(3), 0.5, 0.6, 0.75)._state_keep_prob == 0.75


def test_input_projection_took_the_size_of_inputs_third():
    wrapper = CELLS.InputProjectionWrapper(CELLS.GRUCell(3), 5, 4)
    assert wrapper._activation is None


def test_cells_are_those_of_contrib():
    assert CELLS.LSTMCell is tf.contrib.rnn.LSTMCell
    assert CELLS.OutputProjectionWrapper is tf.contrib.rnn.OutputProjectionWrapper


def test_old_names_of_unrolled_networks():
    steps = [tf.ones([2, 4])] * 2
    outputs, state = tf.nn.rnn(CELLS.GRUCell(3), steps, dtype=tf.float32)
    assert outputs[1] is state
    both, _, _ = tf.nn.bidirectional_rnn(
        CELLS.GRUCell(3), CELLS.GRUCell(2), steps, dtype=tf.float32
    )
    assert both[0].get_shape().as_list() == [2, 5]


def test_cell_of_a_program_of_its_time_runs_in_a_loop():
    class Old(CELLS.RNNCell):
        def __init__(self, units):
            self._units = units  # nobody called super().__init__()

        @property
        def state_size(self):
            return self._units

        @property
        def output_size(self):
            return self._units

        def __call__(self, inputs, state, scope=None):
            with tf.variable_scope(scope or type(self).__name__):
                output = tf.tanh(CELLS.linear([inputs, state], self._units, True))
            return output, output

    outputs, _ = tf.nn.dynamic_rnn(Old(3), tf.ones([2, 5, 4]), dtype=tf.float32)
    assert outputs.get_shape().as_list() == [2, 5, 3]
    assert [v.op.name for v in tf.trainable_variables()] == [
        "rnn/Old/Linear/kernel",
        "rnn/Old/Linear/bias",
    ]


def test_cell_without_super_init_may_define_call():
    class Sloppy(CELLS.RNNCell):
        state_size = output_size = 3

        def __init__(self):
            pass

        def call(self, inputs, state):
            return state, state

    x = tf.ones([2, 3])
    assert Sloppy()(x, x) == (x, x)
