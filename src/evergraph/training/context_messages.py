"""Conds and loops as messages: what meta graphs hold of the collections of contexts.

Importing this module lets contexts give messages, and these collections be written and read.
"""

from __future__ import annotations

from typing import Any

from evergraph import protos
from evergraph.graph.keys import GraphKeys
from evergraph.ops import control_contexts
from evergraph.ops.control_contexts import CondContext
from evergraph.ops.while_context import WhileContext
from evergraph.serialize.collections import register_proto_function


def _make_message(name: str) -> Any:
    return getattr(protos, name)()


control_contexts.make_message = _make_message
register_proto_function(
    GraphKeys.COND_CONTEXT,
    lambda: protos.CondContextDef,
    CondContext.to_proto,
    CondContext.from_proto,
)
register_proto_function(
    GraphKeys.WHILE_CONTEXT,
    lambda: protos.WhileContextDef,
    WhileContext.to_proto,
    WhileContext.from_proto,
)
