import json
import socket
from pathlib import Path

import pytest

from evergraph import protos
from evergraph.formats.events import EventsWriter, read_events

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "events"


@pytest.mark.parametrize("version", ["tf012", "tf115"])
def test_events_written_by_tensorflow(version: str) -> None:
    folder = FOLDER / version
    expected = json.loads((folder / "expected.json").read_text())["events"]
    events = list(read_events(folder / "events.out.tfevents.1500000000.host"))
    assert [event.WhichOneof("what") or "" for event in events] == [
        entry.get("what") or "summary" for entry in expected
    ]
    assert [event.step for event in events] == [entry["step"] for entry in expected]
    assert events[0].file_version == "brain.Event:2"
    graph = protos.GraphDef.FromString(events[1].graph_def)
    assert len(graph.node) == expected[1]["nodes"]


def test_file_begins_with_its_version(tmp_path: Path) -> None:
    writer = EventsWriter(str(tmp_path / "events"), ".v2")
    assert writer.path == ""
    writer.write(protos.Event(step=3, wall_time=1.5))
    writer.flush()
    path = Path(writer.path)
    prefix, seconds, rest = path.name[:20], path.name[20:30], path.name[30:]
    assert prefix == "events.out.tfevents."
    assert seconds.isdecimal()
    assert rest == f".{socket.gethostname()}.v2"
    first, second = read_events(path)
    assert first.file_version == "brain.Event:2"
    assert first.wall_time > 0
    assert (second.step, second.wall_time) == (3, 1.5)
    assert path.read_bytes()[:8] == (24).to_bytes(8, "little")
    writer.close()
    writer.close()


def test_deleted_file_is_replaced(tmp_path: Path) -> None:
    writer = EventsWriter(str(tmp_path / "events"))
    writer.write(protos.Event(step=1))
    Path(writer.path).unlink()
    writer.write(protos.Event(step=2))
    writer.flush()
    assert [event.step for event in read_events(writer.path)] == [0, 2]
    writer.close()
