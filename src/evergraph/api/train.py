"""tf.train: names only."""

from evergraph.core.lazy import lazy_names
from evergraph.summary.file_writer import FileWriter as SummaryWriter
from evergraph.summary.file_writer import FileWriterCache as SummaryWriterCache
from evergraph.summary.file_writer import summary_iterator as summary_iterator

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        name: f"evergraph.protos:{name}"
        for name in (
            "BytesList",
            "CheckpointState",
            "ClusterDef",
            "Example",
            "Feature",
            "FeatureList",
            "FeatureLists",
            "Features",
            "FloatList",
            "Int64List",
            "JobDef",
            "NamedTensorProto",
            "QueueRunnerDef",
            "SaverDef",
            "SequenceExample",
            "ServerDef",
        )
    },
)
