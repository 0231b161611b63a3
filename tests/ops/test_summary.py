import json
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

import evergraph.serialize  # noqa: F401 - gives graphs their messages
from evergraph import protos
from evergraph.core import errors
from evergraph.era0 import summaries as era0
from evergraph.graph.graph import Graph
from evergraph.graph.scopes import get_default_graph, name_scope
from evergraph.ops.constants import constant
from evergraph.ops.summary import (
    AUDIO_SUMMARY,
    IMAGE_SUMMARY,
    MERGE_SUMMARY,
    TENSOR_SUMMARY,
    TENSOR_SUMMARY_V2,
)
from evergraph.summary import summaries as summary

EVENTS = Path(__file__).resolve().parents[1] / "fixtures" / "events"


@pytest.fixture(autouse=True)
def graph():
    with Graph().as_default() as graph:
        yield graph


def value_of(tensor):
    """The value of a tensor made of constants and summary operations, by their kernels alone."""
    op = tensor.op
    if op.type == "Const":
        return op.attrs["value"]
    op_def = op.op_def
    inputs = op_def.group(op_def.inputs, op.attrs, [value_of(t) for t in op.inputs])
    keywords = {name: op.attrs[name] for name in op_def.kernel_attrs}
    if op_def.kernel_takes_op:
        keywords["op"] = op
    return op_def.kernel_function(None, *inputs, **keywords)


def summary_of(tensor):
    return protos.Summary.FromString(value_of(tensor).item())


def pixels_of(png: bytes) -> np.ndarray:
    """The pixels of a PNG whose rows are all unfiltered, as ours are."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, position = {}, 8
    while position < len(png):
        (length,) = struct.unpack_from(">I", png, position)
        kind, body = png[position + 4 : position + 8], png[position + 8 : position + 8 + length]
        (crc,) = struct.unpack_from(">I", png, position + 8 + length)
        assert crc == zlib.crc32(kind + body)
        chunks[kind] = body
        position += 12 + length
    width, height, depth, color = struct.unpack_from(">IIBB", chunks[b"IHDR"])
    assert depth == 8
    channels = {0: 1, 2: 3, 6: 4}[color]
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, channels)


@pytest.mark.parametrize("step", [0, 10, 20])
def test_summaries_are_those_of_tensorflow_byte_for_byte(step: int) -> None:
    with np.load(EVENTS / "tf115" / "inputs.npz") as inputs:
        y = inputs[f"y{step // 10}"]
    rng = np.random.RandomState(1)
    w = rng.randn(4, 3).astype("float32")
    fixed = [-1e30, -2.5, -1.0, -1e-13, 0.0, 0.0, 1e-12, 0.5, 1.0, 1.0, 3.0, 1e21]
    wanted = protos.Summary.FromString((EVENTS / "tf115" / f"summary_step{step}.pb").read_bytes())
    # The loss is a sum whose order isn't ours to know.
    summary.scalar("loss", np.float32(wanted.value[0].simple_value))
    summary.histogram("values", y.reshape(-1))
    summary.histogram("fixed", constant(fixed, "float64"))
    image = (np.arange(2 * 4 * 5 * 3).reshape(2, 4, 5, 3) % 256).astype("uint8")
    summary.image("rgb", constant(image), max_outputs=2)
    summary.image("signed_float", np.linspace(-1, 2, 12).reshape(1, 3, 4, 1).astype("float32"))
    summary.image("positive_float", np.linspace(0, 0.5, 12).reshape(1, 3, 4, 1).astype("float32"))
    sound = np.sin(np.arange(400) * 0.1)[None, :, None].astype("float32")
    summary.audio("tone", constant(sound), 8000.0)
    summary.text("note", constant(["**bold**", "second"]))
    summary.tensor_summary("raw", w)
    got = summary_of(summary.merge_all())
    assert [value.tag for value in got.value] == [value.tag for value in wanted.value]
    expected = json.loads((EVENTS / "tf115" / "expected.json").read_text())
    first = next(event for event in expected["events"] if event.get("values"))["values"]
    for ours, theirs, decoded in zip(got.value, wanted.value, first, strict=True):
        if theirs.HasField("image"):
            pixels = pixels_of(ours.image.encoded_image_string)
            np.testing.assert_array_equal(pixels, decoded["image"]["pixels"])
            ours.image.encoded_image_string = theirs.image.encoded_image_string
    assert got.SerializeToString() == wanted.SerializeToString()


def test_names_and_tags_follow_the_scopes() -> None:
    x = constant([1.0, 2.0], name="x")
    with name_scope("sc"):
        a = summary.scalar("a b!c", 1.0)
        b = summary.scalar("l", 2.0, family="fam")
        summary.histogram("h", x)
        summary.audio("ad", np.zeros([2, 5], np.float32), 8000, max_outputs=2)
        t = summary.tensor_summary("ts", x, summary_description="desc", display_name="dn")
    merged = summary.merge([a, b])
    summary.merge_all()
    summary.merge_all(scope="sc", name="mm")
    assert summary.merge_all(key="none") is None
    nodes = {n.name: list(n.input) for n in get_default_graph().as_graph_def().node}
    assert [name for name in nodes if name != "x"] == [
        *("sc/a_b_c/tags", "sc/a_b_c/values", "sc/a_b_c"),
        *("sc/fam/l/tags", "sc/fam/l/values", "sc/fam/l"),
        *("sc/h/tag", "sc/h"),
        *("sc/ad/sample_rate", "sc/ad/tag", "sc/ad/tensor", "sc/ad"),
        *("sc/ts/tag", "sc/ts/serialized_summary_metadata", "sc/ts"),
        *("Merge/MergeSummary", "Merge_1/MergeSummary", "mm/mm"),
    ]
    assert value_of(b).item() == b"\n\x13\n\x0cfam/sc/fam/l\x15\x00\x00\x00@"
    assert value_of(merged).item() == value_of(a).item() + value_of(b).item()
    assert value_of(t).item() == (
        b"\n'\n\x05sc/tsB\x12\x08\x01\x12\x04\x12\x02\x08\x02\"\x08"
        b"\x00\x00\x80?\x00\x00\x00@J\n\x12\x02dn\x1a\x04desc"
    )


def test_tags_of_0x_are_given() -> None:
    with name_scope("sc"):
        loss = era0.scalar_summary("loss", 1.0)
        several = era0.scalar_summary(["a", "b"], [1.0, 2.0], name="several")
        image = era0.image_summary("img", np.zeros([5, 2, 2, 1], np.uint8))
        sound = era0.audio_summary("snd", np.zeros([1, 2], np.float32), 8000.0, 1)
        era0.histogram_summary("h", [1.0])
    assert loss.op.name == "sc/ScalarSummary"
    assert [v.tag for v in summary_of(loss).value] == ["loss"]
    assert [(v.tag, v.simple_value) for v in summary_of(several).value] == [("a", 1), ("b", 2)]
    assert [v.tag for v in summary_of(image).value] == [f"img/image/{i}" for i in range(3)]
    assert [v.tag for v in summary_of(sound).value] == ["snd/audio"]
    assert era0.merge_all_summaries().op.name == "MergeSummary/MergeSummary"
    assert era0.merge_all_summaries("none") is None


def test_histogram_of_nothing() -> None:
    wanted = (
        b"\n+\n\x01v*&\t\xff\xff\xff\xff\xff\xff\xef\x7f\x11\xff\xff\xff\xff\xff\xff\xef\xff"
        b"2\x08\xff\xff\xff\xff\xff\xff\xef\x7f:\x08" + bytes(8)
    )
    assert value_of(summary.histogram("v", np.zeros([0], np.float32))).item() == wanted


def test_float_pixels_that_are_not_finite_are_bad_color() -> None:
    pixels = np.array([[[[-1.0], [2.0]], [[np.nan], [0.5]]]], np.float32)
    image = summary_of(summary.image("q", pixels, max_outputs=1)).value[0]
    assert image.tag == "q/image"
    shown = pixels_of(image.image.encoded_image_string)
    assert shown[..., 0].tolist() == [[64, 255], [255, 159]]
    nothing = np.full([1, 1, 1, 3], np.inf, np.float32)
    shown = pixels_of(summary_of(summary.image("n", nothing)).value[0].image.encoded_image_string)
    assert shown.tolist() == [[[255, 0, 0]]]
    black = np.full([1, 1, 2, 1], 1e-7, np.float64)
    shown = pixels_of(summary_of(summary.image("b", black)).value[0].image.encoded_image_string)
    assert shown.tolist() == [[[0], [0]]]


def test_samples_are_clipped_and_rounded_outwards() -> None:
    sound = np.array([[2.0, -2.0, 0.5 / 32768, -0.5 / 32768, 1.5 / 32768]], np.float32)
    wav = summary_of(summary.audio("a", sound, 8)).value[0].audio.encoded_audio_string
    assert np.frombuffer(wav[44:], "<i2").tolist() == [32767, -32768, 1, -1, 2]


def test_older_ops_of_imported_graphs() -> None:
    old = AUDIO_SUMMARY("a", np.zeros([1, 2], np.float32), sample_rate=8.0, max_outputs=1)
    assert summary_of(old).value[0].audio.sample_rate == 8
    node = summary_of(TENSOR_SUMMARY([1, 2], name="t")).value[0]
    assert node.node_name == "t"
    assert node.tensor.tensor_content == np.array([1, 2], np.int32).tobytes()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: summary.scalar("v", [1.0, 2.0]),
            "tags and values not the same shape: [] != [2] (tag 'v')",
        ),
        (lambda: summary.histogram("v", [np.nan]), "Nan in summary histogram for: v"),
        (lambda: summary.histogram("v", [np.inf]), "Infinity in summary histogram for: v"),
        (
            lambda: summary.image("v", np.zeros([2, 3, 3, 2], np.float32)),
            "Tensor must be 4-D with last dim 1, 3, or 4, not [2,3,3,2]",
        ),
        (
            lambda: IMAGE_SUMMARY(["a", "b"], np.zeros([1, 1, 1, 1], np.float32)),
            "Tags must be a scalar",
        ),
        (
            lambda: IMAGE_SUMMARY(
                "a", np.zeros([1, 1, 1, 3], np.float32), bad_color=np.zeros(1, np.uint8)
            ),
            "expected depth <= bad_color.size, got depth = 3, 1",
        ),
        (
            lambda: summary.audio("v", np.zeros([2], np.float32), 8),
            "Tensor must be 3-D or 2-D, got: [2]",
        ),
        (
            lambda: summary.audio("v", np.zeros([1, 2], np.float32), 0),
            "sample_rate must be > 0",
        ),
        (
            lambda: MERGE_SUMMARY([summary.scalar("v", 1.0)] * 2),
            "Duplicate tag v found in summary inputs",
        ),
        (lambda: MERGE_SUMMARY([constant(b"\xff")]), "Could not parse one of the summary inputs"),
        (lambda: era0.histogram_summary(["a", "b"], [1.0]), "tag must be scalar"),
        (
            lambda: era0.audio_summary(["a", "b"], np.zeros([1, 2], np.float32), 8.0),
            "Tag must be a scalar",
        ),
        (
            lambda: TENSOR_SUMMARY_V2("t", 1.0, ["", ""]),
            "serialized_summary_metadata must be scalar",
        ),
    ],
)
def test_errors_while_running(make, message: str) -> None:
    tensor = make()
    with pytest.raises(errors.InvalidArgumentError, match=f"^{re.escape(message)}") as caught:
        value_of(tensor)
    assert caught.value.op is tensor.op


def test_errors_while_building() -> None:
    with pytest.raises(TypeError, match="Expected list for 'inputs' argument to 'merge_summary'"):
        summary.merge("abc")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="with length 0 shorter than minimum length 1"):
        summary.merge([])
    with pytest.raises(ValueError, match="to have dtype string, got"):
        summary.text("t", constant(1.0))
    node = summary.scalar("s", 1.0).op.node_def
    with pytest.raises(ValueError, match="Can't get_summary_description on ScalarSummary"):
        summary.get_summary_description(node)
    node = TENSOR_SUMMARY([1], description='{"typeHint": "x"}').op.node_def
    assert summary.get_summary_description(node).type_hint == "x"
