"""tf.contrib.ctc of 0.7, which became tf.nn.ctc_*: names only."""

from evergraph.era0.nn import ctc_loss as ctc_loss
from evergraph.ops.ctc_decoders import ctc_beam_search_decoder as ctc_beam_search_decoder
from evergraph.ops.ctc_decoders import ctc_greedy_decoder as ctc_greedy_decoder
