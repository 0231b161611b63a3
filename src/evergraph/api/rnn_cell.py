"""tf.nn.rnn_cell: names only."""

from evergraph.core.lazy import lazy_names
from evergraph.era0.rnn_cells import BasicLSTMCell as BasicLSTMCell
from evergraph.era0.rnn_cells import BasicRNNCell as BasicRNNCell
from evergraph.era0.rnn_cells import DropoutWrapper as DropoutWrapper
from evergraph.era0.rnn_cells import GRUCell as GRUCell
from evergraph.era0.rnn_cells import LSTMCell as LSTMCell
from evergraph.layers.lstm_cells import LSTMStateTuple as LSTMStateTuple
from evergraph.layers.rnn_cell import RNNCell as RNNCell
from evergraph.layers.rnn_cell_wrappers import DeviceWrapper as DeviceWrapper
from evergraph.layers.rnn_cell_wrappers import MultiRNNCell as MultiRNNCell
from evergraph.layers.rnn_cell_wrappers import ResidualWrapper as ResidualWrapper
from evergraph.ops.math_trigonometry import tanh as tanh
from evergraph.ops.sigmoid import sigmoid as sigmoid

# 0.x had them here.
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "EmbeddingWrapper": "evergraph.contrib.rnn.wrappers:EmbeddingWrapper",
        "InputProjectionWrapper": "evergraph.contrib.rnn.wrappers:InputProjectionWrapper",
        "OutputProjectionWrapper": "evergraph.contrib.rnn.wrappers:OutputProjectionWrapper",
        "linear": "evergraph.contrib.rnn.linear:scoped_linear",
    },
)
