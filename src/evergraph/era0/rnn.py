"""0.x's names of the networks unrolled over a list.

Reference: TensorFlow 0.12, tensorflow/python/ops/rnn.py.
"""

from __future__ import annotations

from evergraph.era0.calling import renamed
from evergraph.layers import rnn_static

rnn = renamed(rnn_static.static_rnn, "rnn")
bidirectional_rnn = renamed(rnn_static.static_bidirectional_rnn, "bidirectional_rnn")
state_saving_rnn = renamed(rnn_static.static_state_saving_rnn, "state_saving_rnn")
