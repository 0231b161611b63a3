"""Names that variables of RNN cells had in older TensorFlow, and checkpoints that have them.

1.2 called "kernel" and "bias" what were "weights" and "biases" before, and "Linear/Matrix" and
"Linear/Bias" below names of classes (`RNN/BasicLSTMCell/Linear/Matrix`) in 0.x.

Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/tools/checkpoint_convert.py; TensorFlow
0.12, tensorflow/python/ops/{rnn,rnn_cell}.py.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

# A cell of 1.0 and 1.1 -> the scopes below it that have weights.
_SCOPES = {
    "basic_rnn_cell": ("",),
    "gru_cell": ("", "gates/", "candidate/"),
    "basic_lstm_cell": ("",),
    "lstm_cell": ("", "projection/"),
    "output_projection_wrapper": ("",),
    "input_projection_wrapper": ("",),
    "lstm_block_wrapper": ("",),
    "layer_norm_basic_lstm_cell": ("",),
    "ugrnn_cell": ("",),
    "nas_rnn": (),
    "intersection_rnn_cell": ("", "in_projection/"),
    "phased_lstm_cell": ("mask_gates/", "new_input/", "output_gate/"),
    "attention_cell_wrapper": ("", "attn_output_projection/", "attention/"),
    "attention_decoder": ("", "Attention_0/", "AttnOutputProjection/"),
}
_NEW = {"weights": "kernel", "biases": "bias"}

# What TensorFlow's converter replaces, in this order.
RNN_NAME_REPLACEMENTS = {
    **{
        f"{cell}/{scope}{old}": f"{cell}/{scope}{new}"
        for cell, scopes in _SCOPES.items()
        for scope in scopes
        for old, new in _NEW.items()
    },
    "nas_rnn/weights": "nas_rnn/kernel",
    "nas_rnn/recurrent_weights": "nas_rnn/recurrent_kernel",
    **{
        f"attention_decoder/{scope}Linear/{old}": f"attention_decoder/{scope}{new}"
        for scope in ("Attention_0/", "AttnOutputProjection/", "")
        for old, new in (("Bias", "bias"), ("Matrix", "kernel"))
    },
    "attention_decoder/LSTMCell/B": "attention_decoder/lstm_cell/bias",
    "attention_decoder/LSTMCell/W_0": "attention_decoder/lstm_cell/kernel",
}

# Parts of 0.x's names, as they came to be called.
_PARTS = {
    "RNN": "rnn",
    "BiRNN": "bidirectional_rnn",
    "FW": "fw",
    "BW": "bw",
    "Gates": "gates",
    "Candidate": "candidate",
}
_LSTM_PARTS = {
    "W_0": "kernel",
    "B": "bias",
    "W_F_diag": "w_f_diag",
    "W_I_diag": "w_i_diag",
    "W_O_diag": "w_o_diag",
    "W_P_0": "projection/kernel",
}


def replaced_name(name: str) -> str:
    """The name that TensorFlow's converter gives a variable called `name`."""
    for old, new in RNN_NAME_REPLACEMENTS.items():
        if old in name:
            return name.replace(old, new)
    return name


def renewed_name(name: str) -> str:
    """What a variable called `name` in 0.x, 1.0 or 1.1 is called in 1.15."""
    parts: list[str] = []
    for part in re.sub(r"Linear/(Matrix|Bias)\b", r"\1", name).split("/"):
        above = parts[-1] if parts else ""
        numbered = re.fullmatch(r"Cell(\d+)", part)
        if numbered and above == "multi_rnn_cell":
            parts.append(f"cell_{numbered.group(1)}")
        elif re.fullmatch(r"\w+(Cell|Wrapper)", part):
            parts.append(_snake_case(part))
        elif above == "lstm_cell" and part in _LSTM_PARTS:
            parts.append(_LSTM_PARTS[part])
        elif part in ("Matrix", "Bias"):
            parts.append({"Matrix": "kernel", "Bias": "bias"}[part])
        else:
            parts.append(_PARTS.get(part, part))
    return replaced_name("/".join(parts))


def _snake_case(name: str) -> str:
    words = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", words).lower()


def keys_of_older_names(wanted: Iterable[str], keys: Collection[str]) -> dict[str, str] | None:
    """For each name in `wanted` its key in a checkpoint that may have older names.

    Args:
        wanted: names as of 1.15.
        keys: what the checkpoint has.

    Returns:
        name -> key; None when one isn't there under any name, or all are there as they are.
    """
    older = {renewed_name(key): key for key in keys}
    found = {name: name if name in keys else older.get(name) for name in wanted}
    if all(name == key for name, key in found.items()):
        return None
    known = {name: key for name, key in found.items() if key is not None}
    return known if len(known) == len(found) else None
