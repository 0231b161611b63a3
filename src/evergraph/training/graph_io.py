"""write_graph: a graph, or its GraphDef, to a file.

Reference: TensorFlow 1.15, tensorflow/python/framework/graph_io.py.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from evergraph.graph.graph import Graph
from evergraph.serialize.graph_def import as_graph_def
from evergraph.serialize.meta_graph import write_proto


def write_graph(graph_or_graph_def: Any, logdir: Any, name: str, as_text: bool = True) -> str:
    """Write a graph to a file, and give its path.

    Args:
        graph_or_graph_def: a Graph, or a message.
        logdir: the folder; made when it's missing.
        name: the file's name.
        as_text: write text form, not binary.
    """
    folder = os.fspath(logdir)
    message = graph_or_graph_def
    if isinstance(message, Graph):
        message = as_graph_def(message)
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
    path = os.path.join(folder, name)  # noqa: PTH118 - the text, kept as it is
    write_proto(message, path, as_text)
    return path
