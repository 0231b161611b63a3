"""tf.nn.rnn_cell: names only."""

from evergraph.layers.basic_rnn_cells import BasicRNNCell as BasicRNNCell
from evergraph.layers.basic_rnn_cells import GRUCell as GRUCell
from evergraph.layers.lstm_cells import BasicLSTMCell as BasicLSTMCell
from evergraph.layers.lstm_cells import LSTMCell as LSTMCell
from evergraph.layers.lstm_cells import LSTMStateTuple as LSTMStateTuple
from evergraph.layers.rnn_cell import RNNCell as RNNCell
from evergraph.layers.rnn_cell_wrappers import DeviceWrapper as DeviceWrapper
from evergraph.layers.rnn_cell_wrappers import DropoutWrapper as DropoutWrapper
from evergraph.layers.rnn_cell_wrappers import MultiRNNCell as MultiRNNCell
from evergraph.layers.rnn_cell_wrappers import ResidualWrapper as ResidualWrapper
