"""tf.contrib.seq2seq: names only."""

from evergraph.contrib.seq2seq.attention import AttentionMechanism as AttentionMechanism
from evergraph.contrib.seq2seq.attention import BahdanauAttention as BahdanauAttention
from evergraph.contrib.seq2seq.attention import LuongAttention as LuongAttention
from evergraph.contrib.seq2seq.attention import hardmax as hardmax
from evergraph.contrib.seq2seq.attention_wrapper import AttentionWrapper as AttentionWrapper
from evergraph.contrib.seq2seq.attention_wrapper import (
    AttentionWrapperState as AttentionWrapperState,
)
from evergraph.contrib.seq2seq.basic_decoder import BasicDecoder as BasicDecoder
from evergraph.contrib.seq2seq.basic_decoder import BasicDecoderOutput as BasicDecoderOutput
from evergraph.contrib.seq2seq.beam_arrays import tile_batch as tile_batch
from evergraph.contrib.seq2seq.beam_search_decoder import BeamSearchDecoder as BeamSearchDecoder
from evergraph.contrib.seq2seq.beam_search_decoder import (
    FinalBeamSearchDecoderOutput as FinalBeamSearchDecoderOutput,
)
from evergraph.contrib.seq2seq.beam_search_step import (
    BeamSearchDecoderOutput as BeamSearchDecoderOutput,
)
from evergraph.contrib.seq2seq.beam_search_step import (
    BeamSearchDecoderState as BeamSearchDecoderState,
)
from evergraph.contrib.seq2seq.decoder import Decoder as Decoder
from evergraph.contrib.seq2seq.decoder import dynamic_decode as dynamic_decode
from evergraph.contrib.seq2seq.helper import CustomHelper as CustomHelper
from evergraph.contrib.seq2seq.helper import GreedyEmbeddingHelper as GreedyEmbeddingHelper
from evergraph.contrib.seq2seq.helper import Helper as Helper
from evergraph.contrib.seq2seq.helper import InferenceHelper as InferenceHelper
from evergraph.contrib.seq2seq.helper import SampleEmbeddingHelper as SampleEmbeddingHelper
from evergraph.contrib.seq2seq.helper import TrainingHelper as TrainingHelper
from evergraph.contrib.seq2seq.loss import sequence_loss as sequence_loss
from evergraph.contrib.seq2seq.monotonic import (
    BahdanauMonotonicAttention as BahdanauMonotonicAttention,
)
from evergraph.contrib.seq2seq.monotonic import LuongMonotonicAttention as LuongMonotonicAttention
from evergraph.contrib.seq2seq.monotonic import monotonic_attention as monotonic_attention
from evergraph.contrib.seq2seq.monotonic import safe_cumprod as safe_cumprod
from evergraph.contrib.seq2seq.scheduled_helpers import (
    ScheduledEmbeddingTrainingHelper as ScheduledEmbeddingTrainingHelper,
)
from evergraph.contrib.seq2seq.scheduled_helpers import (
    ScheduledOutputTrainingHelper as ScheduledOutputTrainingHelper,
)
from evergraph.ops.gather_tree import gather_tree as gather_tree
