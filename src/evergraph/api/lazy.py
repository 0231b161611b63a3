"""Names of tf.* that load at their first use: messages, and modules that bring absl or more."""

MESSAGES = [
    "AttrValue",
    "ConfigProto",
    "Event",
    "GPUOptions",
    "GraphDef",
    "GraphOptions",
    "HistogramProto",
    "LogMessage",
    "MetaGraphDef",
    "NameAttrList",
    "NodeDef",
    "OptimizerOptions",
    "RunMetadata",
    "RunOptions",
    "SessionLog",
    "Summary",
    "SummaryMetadata",
    "TensorInfo",
]

LAZY = {
    **{name: f"evergraph.protos:{name}" for name in MESSAGES},
    "app": "evergraph.api.app",
    "contrib": "evergraph.contrib",
    "flags": "evergraph.api.flags",
    "test": "evergraph.api.test",
}
