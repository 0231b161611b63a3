from pathlib import Path

import numpy as np
import pytest

import evergraph as tf
from evergraph.ops.strings import string_join


def run(tensor, feeds=None):
    with tf.Session(graph=tensor.graph) as session:
        return session.run(tensor, feeds)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def test_files_are_written_and_read(tmp_path: Path) -> None:
    path = str(tmp_path / "deep" / "er" / "f")
    run(tf.write_file(path, b"ab\x00c"))
    assert run(tf.read_file(path)) == b"ab\x00c"


def test_errors_name_the_file(tmp_path: Path) -> None:
    missing = str(tmp_path / "none")
    with pytest.raises(tf.errors.NotFoundError, match="none; No such file or directory"):
        run(tf.read_file(missing))
    (tmp_path / "plain").write_text("")
    with pytest.raises(tf.errors.FailedPreconditionError, match="; Not a directory"):
        run(tf.write_file(str(tmp_path / "plain" / "f"), "x"))
    with pytest.raises(ValueError, match="Shape must be rank 0 but is rank 1"):
        tf.read_file(["a", "b"])


def test_patterns_are_matched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b1", "a2", "a1", "c"):
        (tmp_path / name).write_text("")
    found = run(tf.matching_files([str(tmp_path / "b*"), str(tmp_path / "a?")]))
    assert [Path(path.decode()).name for path in found] == ["a1", "a2", "b1"]
    monkeypatch.chdir(tmp_path)
    assert run(tf.matching_files("c*")).tolist() == [b"./c"]
    assert run(tf.matching_files("none*")).shape == (0,)


def test_strings_are_joined() -> None:
    joined = string_join([["a", "b"], "x", ["1", "2"]], separator="-")
    assert joined.shape.as_list() == [2]
    assert run(joined).tolist() == [b"a-x-1", b"b-x-2"]
    assert run(string_join(["p", "_q"])) == b"p_q"
    unknown = tf.placeholder(tf.string)
    joined = string_join([unknown, "!"])
    assert joined.shape.ndims is None
    assert run(joined, {unknown: np.array([[b"k"]], object)}).tolist() == [[b"k!"]]
