"""Checkpoints of older TensorFlow written again, with 1.15's names of the variables of cells.

Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/tools/checkpoint_convert.py.
"""

from __future__ import annotations

import logging
from typing import Any

from evergraph import protos
from evergraph.graph.graph import Graph
from evergraph.runtime.session import Session
from evergraph.training.checkpoint_reader import CheckpointReader
from evergraph.training.older_names import RNN_NAME_REPLACEMENTS as RNN_NAME_REPLACEMENTS
from evergraph.training.older_names import replaced_name
from evergraph.training.saver import Saver
from evergraph.variables.lists import global_variables_initializer
from evergraph.variables.variable import VariableV1

_log = logging.getLogger("tensorflow")

# How variables cut into shards by hand were called, and as slices of one variable.
RNN_SHARDED_NAME_REPLACEMENTS = {
    "LSTMCell/W_": "lstm_cell/weights/part_",
    "BasicLSTMCell/Linear/Matrix_": "basic_lstm_cell/weights/part_",
    "GRUCell/W_": "gru_cell/weights/part_",
    "MultiRNNCell/Cell": "multi_rnn_cell/cell_",
}


def convert_names(
    checkpoint_from_path: str, checkpoint_to_path: str, write_v1_checkpoint: bool = False
) -> tuple[dict[str, Any], dict[str, str]]:
    """Write a checkpoint again, with new names where they changed.

    Args:
        checkpoint_from_path: prefix of the checkpoint to read.
        checkpoint_to_path: prefix of the checkpoint to write.
        write_v1_checkpoint: write the first format.

    Returns:
        New name -> variable, and old name -> new name of those that changed.

    Raises:
        NotFoundError: there is no such checkpoint.
    """
    with Graph().as_default():
        reader = CheckpointReader(checkpoint_from_path)
        variables: dict[str, Any] = {}
        changed: dict[str, str] = {}
        for old in reader.get_variable_to_shape_map():
            new = replaced_name(old)
            variables[new] = VariableV1(reader.get_tensor(old), name=old)
            if new != old:
                changed[old] = new
                _log.info("Converted: %s --> %s", old, new)
        version = protos.SaverDef.V1 if write_v1_checkpoint else protos.SaverDef.V2
        saver = Saver(variables, write_version=version)
        with Session() as session:
            session.run(global_variables_initializer())
            saver.save(session, checkpoint_to_path)
    return variables, changed
