"""tf.nn: names only."""

from evergraph.api import rnn_cell as rnn_cell
from evergraph.autodiff.activations import swish as swish
from evergraph.autodiff.ctc_dense import ctc_loss_v2 as ctc_loss_v2
from evergraph.core.lazy import lazy_names
from evergraph.era0.nn import ctc_loss as ctc_loss
from evergraph.era0.nn import nce_loss as nce_loss
from evergraph.era0.nn import sampled_softmax_loss as sampled_softmax_loss
from evergraph.era0.nn import sigmoid_cross_entropy_with_logits as sigmoid_cross_entropy_with_logits
from evergraph.era0.nn import softmax_cross_entropy_with_logits as softmax_cross_entropy_with_logits
from evergraph.era0.nn import (
    sparse_softmax_cross_entropy_with_logits as sparse_softmax_cross_entropy_with_logits,
)
from evergraph.era0.nn import (
    weighted_cross_entropy_with_logits as weighted_cross_entropy_with_logits,
)
from evergraph.era0.rnn import bidirectional_rnn as bidirectional_rnn
from evergraph.era0.rnn import rnn as rnn
from evergraph.era0.rnn import state_saving_rnn as state_saving_rnn
from evergraph.layers.rnn_dynamic import bidirectional_dynamic_rnn as bidirectional_dynamic_rnn
from evergraph.layers.rnn_dynamic import dynamic_rnn as dynamic_rnn
from evergraph.layers.rnn_raw import raw_rnn as raw_rnn
from evergraph.layers.rnn_static import static_bidirectional_rnn as static_bidirectional_rnn
from evergraph.layers.rnn_static import static_rnn as static_rnn
from evergraph.layers.rnn_static import static_state_saving_rnn as static_state_saving_rnn
from evergraph.ops.activation import elu as elu
from evergraph.ops.activation import leaky_relu as leaky_relu
from evergraph.ops.activation import relu as relu
from evergraph.ops.activation import relu6 as relu6
from evergraph.ops.activation import selu as selu
from evergraph.ops.activation import softplus as softplus
from evergraph.ops.activation import softsign as softsign
from evergraph.ops.candidate_sampling import compute_accidental_hits as compute_accidental_hits
from evergraph.ops.conv import conv2d as conv2d
from evergraph.ops.cross_entropy import (
    softmax_cross_entropy_with_logits_v2 as softmax_cross_entropy_with_logits_v2,
)
from evergraph.ops.ctc_decoders import ctc_beam_search_decoder as ctc_beam_search_decoder
from evergraph.ops.ctc_decoders import ctc_beam_search_decoder_v2 as ctc_beam_search_decoder_v2
from evergraph.ops.ctc_decoders import ctc_greedy_decoder as ctc_greedy_decoder
from evergraph.ops.ctc_labels import collapse_repeated as collapse_repeated
from evergraph.ops.ctc_labels import ctc_unique_labels as ctc_unique_labels
from evergraph.ops.dropout import dropout as dropout
from evergraph.ops.embedding import embedding_lookup as embedding_lookup
from evergraph.ops.embedding import embedding_lookup_sparse as embedding_lookup_sparse
from evergraph.ops.embedding_safe import (
    safe_embedding_lookup_sparse as safe_embedding_lookup_sparse,
)
from evergraph.ops.math_trigonometry import tanh as tanh
from evergraph.ops.nn_basic import bias_add as bias_add
from evergraph.ops.nn_basic import bias_add_v1 as bias_add_v1
from evergraph.ops.nn_basic import crelu as crelu
from evergraph.ops.nn_basic import l2_loss as l2_loss
from evergraph.ops.nn_basic import relu_layer as relu_layer
from evergraph.ops.nn_basic import xw_plus_b as xw_plus_b
from evergraph.ops.nn_basic import xw_plus_b_v1 as xw_plus_b_v1
from evergraph.ops.nn_losses import log_poisson_loss as log_poisson_loss
from evergraph.ops.normalization import (
    batch_norm_with_global_normalization as batch_norm_with_global_normalization,
)
from evergraph.ops.normalization import batch_normalization as batch_normalization
from evergraph.ops.normalization import l2_normalize as l2_normalize
from evergraph.ops.normalization import local_response_normalization as local_response_normalization
from evergraph.ops.normalization import local_response_normalization as lrn
from evergraph.ops.normalization import moments as moments
from evergraph.ops.normalization import normalize_moments as normalize_moments
from evergraph.ops.normalization import sufficient_statistics as sufficient_statistics
from evergraph.ops.normalization import weighted_moments as weighted_moments
from evergraph.ops.normalization import zero_fraction as zero_fraction
from evergraph.ops.sigmoid import sigmoid as sigmoid
from evergraph.ops.softmax import log_softmax as log_softmax
from evergraph.ops.softmax import softmax as softmax
from evergraph.ops.space_batch import space_to_batch as space_to_batch
from evergraph.ops.space_depth import depth_to_space as depth_to_space
from evergraph.ops.space_depth import space_to_depth as space_to_depth
from evergraph.ops.top_k import in_top_k as in_top_k
from evergraph.ops.top_k import top_k as top_k

__getattr__, __dir__ = lazy_names(__name__, {"seq2seq": "evergraph.contrib.legacy_seq2seq"})
