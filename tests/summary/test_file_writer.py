from pathlib import Path

import pytest

from evergraph import protos
from evergraph.core.errors import UnsupportedError
from evergraph.formats.events import read_events
from evergraph.graph.graph import Graph
from evergraph.ops.constants import constant
from evergraph.summary.file_writer import FileWriter, FileWriterCache, summary_iterator


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("events.out.tfevents.*"))


def small_graph() -> Graph:
    with Graph().as_default() as graph:
        constant(1.0, name="c")
    return graph


def scalar(tag: str, value: float, plugin: str = "") -> protos.Summary:
    summary = protos.Summary(value=[protos.Summary.Value(tag=tag, simple_value=value)])
    if plugin:
        summary.value[0].metadata.plugin_data.plugin_name = plugin
    return summary


def test_everything_is_written_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    with FileWriter(str(folder), small_graph()) as writer:
        writer.add_summary(scalar("loss", 0.5), 7)
        writer.add_summary(scalar("loss", 0.25).SerializeToString(), global_step=8)
        writer.add_run_metadata(protos.RunMetadata(), "step8", 8)
        writer.add_session_log(protos.SessionLog(status=protos.SessionLog.STOP), 9)
        writer.add_event(protos.Event(step=10))
        assert writer.get_logdir() == str(folder)
    (path,) = files(folder)
    events = list(summary_iterator(path))
    assert [(event.WhichOneof("what"), event.step) for event in events] == [
        ("file_version", 0),
        ("graph_def", 0),
        ("meta_graph_def", 0),
        ("summary", 7),
        ("summary", 8),
        ("tagged_run_metadata", 8),
        ("session_log", 9),
        (None, 10),
    ]
    graph = protos.GraphDef.FromString(events[1].graph_def)
    assert graph.node[0].name == "c"
    assert "_output_shapes" in graph.node[0].attr
    assert protos.MetaGraphDef.FromString(events[2].meta_graph_def).graph_def == graph
    assert all(event.wall_time > 1e9 for event in events[:-1])


def test_only_the_first_summary_of_a_tag_keeps_its_metadata(tmp_path: Path) -> None:
    given = scalar("a", 1.0, "scalars")
    with FileWriter(tmp_path) as writer:
        for step in range(2):
            writer.add_summary(given, step)
    assert given.value[0].HasField("metadata")
    (path,) = files(tmp_path)
    _, first, second = read_events(path)
    assert first.summary.value[0].HasField("metadata")
    assert not second.summary.value[0].HasField("metadata")


def test_file_appears_with_the_first_event(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    writer = FileWriter(str(folder), filename_suffix=".x")
    assert folder.is_dir()
    assert files(folder) == []
    writer.add_summary(scalar("a", 1.0))
    writer.flush()
    (path,) = files(folder)
    assert path.name.endswith(".x")
    assert len(list(read_events(path))) == 2
    writer.close()


def test_closed_writer_warns_and_drops_until_it_is_reopened(tmp_path: Path) -> None:
    writer = FileWriter(tmp_path)
    writer.add_summary(scalar("a", 1.0))
    writer.close()
    with pytest.warns(UserWarning, match="Attempting to use a closed FileWriter"):
        writer.add_summary(scalar("a", 2.0))
    with pytest.warns(UserWarning, match="Attempting to use a closed FileWriter"):
        writer.flush()
    writer.reopen()
    writer.add_summary(scalar("a", 3.0))
    writer.close()
    values = [
        [event.summary.value[0].simple_value for event in read_events(path) if event.summary.value]
        for path in files(tmp_path)
    ]
    assert values == [[1.0], [3.0]]


def test_wrong_arguments(tmp_path: Path) -> None:
    writer = FileWriter(tmp_path)
    with pytest.raises(TypeError, match="The passed graph must be an instance of `Graph`"):
        writer.add_graph(3)
    with pytest.raises(ValueError, match="Please pass only graph, or graph_def"):
        writer.add_graph(Graph(), graph_def=protos.GraphDef())
    with pytest.raises(TypeError, match="meta_graph_def must be type MetaGraphDef"):
        writer.add_meta_graph(protos.GraphDef())
    writer.add_run_metadata(protos.RunMetadata(), "tag")
    with pytest.raises(ValueError, match="The provided tag was already used for this event type"):
        writer.add_run_metadata(protos.RunMetadata(), "tag")
    with pytest.raises(UnsupportedError, match="leave out `session`"):
        FileWriter(tmp_path, session=object())
    writer.close()


def test_a_graph_def_may_be_given(tmp_path: Path) -> None:
    graph_def = small_graph().as_graph_def()
    with FileWriter(tmp_path / "1", graph_def) as writer:
        writer.add_graph(None, graph_def=graph_def, global_step=3)
    (path,) = files(tmp_path / "1")
    kinds = [event.WhichOneof("what") for event in read_events(path)]
    assert kinds == ["file_version", "graph_def", "meta_graph_def", "graph_def"]


def test_cache_has_one_writer_for_a_folder(tmp_path: Path) -> None:
    with small_graph().as_default():
        writer = FileWriterCache.get(str(tmp_path))
        assert FileWriterCache.get(str(tmp_path)) is writer
    FileWriterCache.clear()
    with pytest.warns(UserWarning, match="closed"):
        writer.flush()
    (path,) = files(tmp_path)
    assert len(list(read_events(path))) == 3
