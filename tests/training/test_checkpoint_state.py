import logging
from pathlib import Path

import pytest

import evergraph as tf
from evergraph.training.checkpoint_state import (
    generate_checkpoint_state_proto,
    meta_graph_filename,
    update_checkpoint_state_internal,
    wait_for_new_checkpoint,
)

CKPT = Path(__file__).resolve().parents[1] / "fixtures" / "ckpt"


def test_state_file_is_written_as_tensorflow_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d").mkdir()
    tf.train.update_checkpoint_state("d", "d/m-2", ["d/m-1", "d/m-2"])
    text = 'model_checkpoint_path: "m-2"\n'
    text += 'all_model_checkpoint_paths: "m-1"\nall_model_checkpoint_paths: "m-2"\n'
    assert (tmp_path / "d" / "checkpoint").read_text() == text
    state = tf.train.get_checkpoint_state("d")
    assert state.model_checkpoint_path == "d/m-2"
    assert list(state.all_model_checkpoint_paths) == ["d/m-1", "d/m-2"]


def test_absolute_paths_stay_so_unless_asked_for(tmp_path: Path) -> None:
    path = str(tmp_path / "m")
    tf.train.update_checkpoint_state(str(tmp_path), path)
    state = tmp_path / "checkpoint"
    assert f'model_checkpoint_path: "{path}"' in state.read_text()
    update_checkpoint_state_internal(str(tmp_path), path, [], save_relative_paths=True)
    assert 'model_checkpoint_path: "m"' in state.read_text()
    assert tf.train.get_checkpoint_state(str(tmp_path)).model_checkpoint_path == path


def test_newest_is_added_and_times_must_match() -> None:
    state = generate_checkpoint_state_proto("/d", "/d/b", ["/d/a"], [1.0, 2.0], 0.5)
    assert list(state.all_model_checkpoint_paths) == ["/d/a", "/d/b"]
    assert list(state.all_model_checkpoint_timestamps) == [1.0, 2.0]
    assert state.last_preserved_timestamp == 0.5
    with pytest.raises(ValueError, match="timestamps, if provided, must match checkpoint paths"):
        generate_checkpoint_state_proto("/d", "/d/b", ["/d/b"], [1.0, 2.0])
    with pytest.raises(RuntimeError, match="conflicts with path used for checkpoint state"):
        tf.train.update_checkpoint_state("/d", "/d/checkpoint")


@pytest.mark.parametrize("case", sorted(path.name for path in CKPT.glob("v?_*")))
def test_folders_of_tensorflow(case: str) -> None:
    folder = CKPT / case
    state = tf.train.get_checkpoint_state(str(folder))
    assert len(state.all_model_checkpoint_paths) == 2
    latest = tf.train.latest_checkpoint(str(folder))
    assert latest is not None
    assert latest == state.model_checkpoint_path
    assert Path(latest).name.startswith("model.ckpt-300")
    assert tf.train.checkpoint_exists(latest)
    (written,) = tf.train.get_checkpoint_mtimes([latest, str(folder / "none")])
    assert written > 1e9
    shapes = dict(tf.train.list_variables(str(folder)))
    assert shapes["emb/table"] == [10, 3]
    assert tf.train.load_variable(str(folder), "scalar:0") == 3.25


def test_missing_or_broken_state_is_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = str(tmp_path)
    assert tf.train.get_checkpoint_state(folder) is None
    assert tf.train.latest_checkpoint(folder) is None
    state = tmp_path / "checkpoint"
    state.write_text("no { state")
    assert tf.train.get_checkpoint_state(folder) is None
    assert "Checkpoint ignored" in caplog.text
    state.write_text("")
    with pytest.raises(ValueError, match="Invalid checkpoint state loaded from"):
        tf.train.get_checkpoint_state(folder)
    state.write_text('model_checkpoint_path: "gone"')
    assert tf.train.latest_checkpoint(folder) is None
    assert "Couldn't match files for checkpoint" in caplog.text
    with pytest.raises(ValueError, match="Couldn't find 'checkpoint' file or checkpoints"):
        tf.train.load_checkpoint(folder)


def test_all_files_of_a_checkpoint_are_removed(tmp_path: Path) -> None:
    names = ["m.meta", "m.index", "m.data-00000-of-00001", "m2.index"]
    for name in names:
        (tmp_path / name).write_text("")
    tf.train.remove_checkpoint(str(tmp_path / "m"))
    assert [path.name for path in tmp_path.iterdir()] == ["m2.index"]


def test_meta_graph_is_one_for_all_shards() -> None:
    assert meta_graph_filename("d/m-7") == "d/m-7.meta"
    assert meta_graph_filename("d/m-7-?????-of-00003", "x") == "d/m-7.x"


def test_new_checkpoints_are_waited_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = str(CKPT / "v2_tf115")
    latest = tf.train.latest_checkpoint(folder)
    assert wait_for_new_checkpoint(folder) == latest
    assert wait_for_new_checkpoint(folder, latest, timeout=0) is None
    assert next(tf.train.checkpoints_iterator(folder)) == latest
    calls = []
    assert not list(
        tf.train.checkpoints_iterator(
            str(tmp_path), timeout=0, timeout_fn=lambda: calls.append(1) or len(calls) == 2
        )
    )
    with caplog.at_level(logging.INFO, "tensorflow"):
        assert not list(tf.train.checkpoints_iterator(str(tmp_path), timeout=0))
    assert "Timed-out waiting for a checkpoint." in caplog.text


def test_reader_of_both_formats() -> None:
    for case in ("v1_tf115", "v2_tf115"):
        reader = tf.train.NewCheckpointReader(str(CKPT / case / "model.ckpt-300"))
        assert reader.has_tensor("t/string")
        assert not reader.has_tensor("none")
        assert reader.get_variable_to_dtype_map()["t/string"] == tf.string
        assert reader.get_variable_to_shape_map()["scope/inner/big"] == [64, 65]
        assert reader.get_tensor("global_step") == 41
        assert b"scalar (DT_FLOAT) []\n" in reader.debug_string()
        with pytest.raises(tf.errors.NotFoundError):
            reader.get_tensor("none")
