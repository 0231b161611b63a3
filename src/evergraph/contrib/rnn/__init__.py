"""tf.contrib.rnn: names only."""

from evergraph.contrib.rnn.bidirectional import (
    stack_bidirectional_dynamic_rnn as stack_bidirectional_dynamic_rnn,
)
from evergraph.contrib.rnn.bidirectional import stack_bidirectional_rnn as stack_bidirectional_rnn
from evergraph.contrib.rnn.block_cells import GRUBlockCell as GRUBlockCell
from evergraph.contrib.rnn.block_cells import GRUBlockCellV2 as GRUBlockCellV2
from evergraph.contrib.rnn.block_cells import LSTMBlockCell as LSTMBlockCell
from evergraph.contrib.rnn.block_cells import LSTMBlockFusedCell as LSTMBlockFusedCell
from evergraph.contrib.rnn.block_cells import LSTMBlockWrapper as LSTMBlockWrapper
from evergraph.contrib.rnn.conv_lstm_cells import Conv2DLSTMCell as Conv2DLSTMCell
from evergraph.contrib.rnn.conv_lstm_cells import ConvLSTMCell as ConvLSTMCell
from evergraph.contrib.rnn.fused_cells import FusedRNNCell as FusedRNNCell
from evergraph.contrib.rnn.fused_cells import FusedRNNCellAdaptor as FusedRNNCellAdaptor
from evergraph.contrib.rnn.fused_cells import TimeReversedFusedRNN as TimeReversedFusedRNN
from evergraph.contrib.rnn.gated_cells import IntersectionRNNCell as IntersectionRNNCell
from evergraph.contrib.rnn.gated_cells import NASCell as NASCell
from evergraph.contrib.rnn.gated_cells import SRUCell as SRUCell
from evergraph.contrib.rnn.gated_cells import UGRNNCell as UGRNNCell
from evergraph.contrib.rnn.grid_lstm_cells import (
    BidirectionalGridLSTMCell as BidirectionalGridLSTMCell,
)
from evergraph.contrib.rnn.grid_lstm_cells import GridLSTMCell as GridLSTMCell
from evergraph.contrib.rnn.independent_cells import IndRNNCell as IndRNNCell
from evergraph.contrib.rnn.independent_cells import IndyGRUCell as IndyGRUCell
from evergraph.contrib.rnn.independent_cells import IndyLSTMCell as IndyLSTMCell
from evergraph.contrib.rnn.memory_cells import AttentionCellWrapper as AttentionCellWrapper
from evergraph.contrib.rnn.normalized_lstm_cells import (
    LayerNormBasicLSTMCell as LayerNormBasicLSTMCell,
)
from evergraph.contrib.rnn.phased_lstm_cell import PhasedLSTMCell as PhasedLSTMCell
from evergraph.contrib.rnn.sharded_lstm_cells import (
    CoupledInputForgetGateLSTMCell as CoupledInputForgetGateLSTMCell,
)
from evergraph.contrib.rnn.sharded_lstm_cells import GLSTMCell as GLSTMCell
from evergraph.contrib.rnn.sharded_lstm_cells import TimeFreqLSTMCell as TimeFreqLSTMCell
from evergraph.contrib.rnn.wrappers import EmbeddingWrapper as EmbeddingWrapper
from evergraph.contrib.rnn.wrappers import HighwayWrapper as HighwayWrapper
from evergraph.contrib.rnn.wrappers import InputProjectionWrapper as InputProjectionWrapper
from evergraph.contrib.rnn.wrappers import OutputProjectionWrapper as OutputProjectionWrapper
from evergraph.era0.rnn_cells import BasicLSTMCell as BasicLSTMCell
from evergraph.era0.rnn_cells import BasicRNNCell as BasicRNNCell
from evergraph.era0.rnn_cells import DropoutWrapper as DropoutWrapper
from evergraph.era0.rnn_cells import GRUCell as GRUCell
from evergraph.era0.rnn_cells import LSTMCell as LSTMCell
from evergraph.layers.lstm_cells import LSTMStateTuple as LSTMStateTuple
from evergraph.layers.rnn_cell import LayerRNNCell as LayerRNNCell
from evergraph.layers.rnn_cell import RNNCell as RNNCell
from evergraph.layers.rnn_cell_wrappers import DeviceWrapper as DeviceWrapper
from evergraph.layers.rnn_cell_wrappers import MultiRNNCell as MultiRNNCell
from evergraph.layers.rnn_cell_wrappers import ResidualWrapper as ResidualWrapper
from evergraph.layers.rnn_static import static_bidirectional_rnn as static_bidirectional_rnn
from evergraph.layers.rnn_static import static_rnn as static_rnn
from evergraph.layers.rnn_static import static_state_saving_rnn as static_state_saving_rnn
from evergraph.layers.rnn_step import best_effort_input_batch_size as best_effort_input_batch_size
from evergraph.layers.rnn_step import transpose_batch_time as transpose_batch_time
