"""tf.contrib: its packages, each loaded at its first use."""

from evergraph.core.lazy import lazy_names

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "crf": "evergraph.contrib.crf",
        "ctc": "evergraph.contrib.ctc",
        "layers": "evergraph.contrib.layers",
        "legacy_seq2seq": "evergraph.contrib.legacy_seq2seq",
        "rnn": "evergraph.contrib.rnn",
        "seq2seq": "evergraph.contrib.seq2seq",
    },
)
