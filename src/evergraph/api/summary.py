"""tf.summary: names only."""

from evergraph.core.lazy import lazy_names
from evergraph.summary.file_writer import FileWriter as FileWriter
from evergraph.summary.file_writer import FileWriterCache as FileWriterCache
from evergraph.summary.summaries import audio as audio
from evergraph.summary.summaries import get_summary_description as get_summary_description
from evergraph.summary.summaries import histogram as histogram
from evergraph.summary.summaries import image as image
from evergraph.summary.summaries import merge as merge
from evergraph.summary.summaries import merge_all as merge_all
from evergraph.summary.summaries import scalar as scalar
from evergraph.summary.summaries import tensor_summary as tensor_summary
from evergraph.summary.summaries import text as text

SummaryWriter = FileWriter
SummaryWriterCache = FileWriterCache

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        name: f"evergraph.protos:{name}"
        for name in ("Event", "SessionLog", "Summary", "SummaryDescription", "TaggedRunMetadata")
    },
)
