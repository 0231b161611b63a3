"""The state file of a folder of checkpoints, and the files that belong to a checkpoint.

The file `checkpoint` holds a CheckpointState in text form: the newest checkpoint, and all that are
kept, the oldest first. Relative paths are relative to its folder.

Reference: TensorFlow 1.15, tensorflow/python/training/checkpoint_management.py.
"""

from __future__ import annotations

import glob
import logging
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from evergraph import protos
from evergraph.formats.tensor_bundle import index_path

_log = logging.getLogger("tensorflow")

V1: Final = 1
V2: Final = 2
STATE_FILENAME: Final = "checkpoint"


def matching_files(pattern: str) -> list[str]:
    """The files that `pattern` matches, or is."""
    found = sorted(glob.glob(pattern))  # noqa: PTH207 - the prefix itself is part of the answer
    return found or ([pattern] if Path(pattern).exists() else [])


def generate_checkpoint_state_proto(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: list[str] | None = None,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> Any:
    """The CheckpointState of a folder.

    Args:
        save_dir: folder of the state file.
        model_checkpoint_path: the newest checkpoint.
        all_model_checkpoint_paths: all that are kept, the oldest first; the newest is added if it
            isn't the last.
        all_model_checkpoint_timestamps: when each was written, in seconds since 1970.
        last_preserved_timestamp: when the last one that's kept for good was written.

    Raises:
        ValueError: there are more or fewer times than paths.
    """
    paths = list(all_model_checkpoint_paths or ())
    if not paths or paths[-1] != model_checkpoint_path:
        _log.info(
            "%s is not in all_model_checkpoint_paths. Manually adding it.", model_checkpoint_path
        )
        paths.append(model_checkpoint_path)
    times = all_model_checkpoint_timestamps
    if times and len(times) != len(paths):
        raise ValueError(
            "Checkpoint timestamps, if provided, must match checkpoint paths (got paths "
            f"{paths} and timestamps {times})"
        )
    if not Path(save_dir).is_absolute():
        model_checkpoint_path = _relative(model_checkpoint_path, save_dir)
        paths = [_relative(path, save_dir) for path in paths]
    state = protos.CheckpointState(
        model_checkpoint_path=model_checkpoint_path,
        all_model_checkpoint_paths=paths,
        all_model_checkpoint_timestamps=times or (),
    )
    if last_preserved_timestamp is not None:
        state.last_preserved_timestamp = last_preserved_timestamp
    return state


def _relative(path: str, folder: str) -> str:
    return path if Path(path).is_absolute() else os.path.relpath(path, folder or ".")


def update_checkpoint_state(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: list[str] | None = None,
    latest_filename: str | None = None,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> None:
    """Write the state file of a folder; see `generate_checkpoint_state_proto`.

    Args:
        save_dir: folder of the state file.
        model_checkpoint_path: the newest checkpoint.
        all_model_checkpoint_paths: all that are kept, the oldest first.
        latest_filename: name of the state file; "checkpoint" when None.
        all_model_checkpoint_timestamps: when each was written.
        last_preserved_timestamp: when the last one that's kept for good was written.

    Raises:
        RuntimeError: the checkpoint has the state file's path.
    """
    update_checkpoint_state_internal(
        save_dir,
        model_checkpoint_path,
        all_model_checkpoint_paths,
        latest_filename,
        False,
        all_model_checkpoint_timestamps,
        last_preserved_timestamp,
    )


def update_checkpoint_state_internal(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: list[str] | None = None,
    latest_filename: str | None = None,
    save_relative_paths: bool = False,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> None:
    """As `update_checkpoint_state`, with relative paths if asked for."""
    path = os.path.join(save_dir, latest_filename or STATE_FILENAME)  # noqa: PTH118 - the text, kept as it is
    paths = all_model_checkpoint_paths or []
    if save_relative_paths:
        model_checkpoint_path = _made_relative(model_checkpoint_path, save_dir)
        paths = [_made_relative(kept, save_dir) for kept in paths]
    state = generate_checkpoint_state_proto(
        save_dir,
        model_checkpoint_path,
        paths,
        all_model_checkpoint_timestamps,
        last_preserved_timestamp,
    )
    if path == state.model_checkpoint_path:
        raise RuntimeError(
            f"Save path '{model_checkpoint_path}' conflicts with path used for checkpoint state.  "
            "Please use a different save path."
        )
    unfinished = Path(f"{path}.tmp{os.getpid()}")
    unfinished.write_text(protos.to_text(state))
    unfinished.replace(path)


def _made_relative(path: str, folder: str) -> str:
    return os.path.relpath(path, folder or ".") if Path(path).is_absolute() else path


def get_checkpoint_state(checkpoint_dir: Any, latest_filename: str | None = None) -> Any:
    """The CheckpointState of a folder, its paths complete; None when there is none.

    Args:
        checkpoint_dir: the folder.
        latest_filename: name of the state file; "checkpoint" when None.

    Raises:
        ValueError: the file names no checkpoint.
    """
    folder = os.fspath(checkpoint_dir)
    path = os.path.join(folder, latest_filename or STATE_FILENAME)  # noqa: PTH118 - the text, kept as it is
    if not Path(path).exists():
        return None
    from google.protobuf.text_format import ParseError

    try:
        state = protos.parse_text(Path(path).read_text(), protos.CheckpointState)
    except (OSError, ParseError, UnicodeDecodeError) as error:
        _log.warning("%s: %s", type(error).__name__, error)
        _log.warning("%s: Checkpoint ignored", path)
        return None
    if not state.model_checkpoint_path:
        raise ValueError(f"Invalid checkpoint state loaded from {folder}")
    state.model_checkpoint_path = _joined(folder, state.model_checkpoint_path)
    kept = [_joined(folder, path) for path in state.all_model_checkpoint_paths]
    state.all_model_checkpoint_paths[:] = kept
    return state


def _joined(folder: str, path: str) -> str:
    return path if Path(path).is_absolute() else os.path.join(folder, path)  # noqa: PTH118 - the text, kept as it is


def latest_checkpoint(checkpoint_dir: Any, latest_filename: str | None = None) -> str | None:
    """The newest checkpoint of a folder, as its state file says; None when it isn't there.

    Args:
        checkpoint_dir: the folder.
        latest_filename: name of the state file; "checkpoint" when None.
    """
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None:
        return None
    path: str = state.model_checkpoint_path
    if checkpoint_exists(path):
        return path
    _log.error("Couldn't match files for checkpoint %s", path)
    return None


def checkpoint_exists(checkpoint_prefix: str) -> bool:
    """Whether there is a checkpoint of that prefix, of either format."""
    return bool(matching_files(index_path(checkpoint_prefix)) or matching_files(checkpoint_prefix))


def get_checkpoint_mtimes(checkpoint_prefixes: Sequence[str]) -> list[float]:
    """When each checkpoint that exists was written, in seconds since 1970."""
    times = []
    for prefix in checkpoint_prefixes:
        found = matching_files(index_path(prefix)) or matching_files(prefix)
        if found:
            times.append(Path(found[0]).stat().st_mtime_ns / 1e9)
    return times


def remove_checkpoint(
    checkpoint_prefix: str,
    checkpoint_format_version: int = V2,
    meta_graph_suffix: str = "meta",
) -> None:
    """Delete the files of a checkpoint, its meta graph included."""
    patterns = [meta_graph_filename(checkpoint_prefix, meta_graph_suffix)]
    if checkpoint_format_version == V2:
        patterns += [index_path(checkpoint_prefix), f"{checkpoint_prefix}.data-?????-of-?????"]
    else:
        patterns.append(checkpoint_prefix)
    for pattern in patterns:
        for path in matching_files(pattern):
            Path(path).unlink()


def meta_graph_filename(checkpoint_filename: str, meta_graph_suffix: str = "meta") -> str:
    """The file of a checkpoint's meta graph; the shards of a V1 checkpoint share one."""
    return f"{re.sub(r'-[0-9?]+-of-[0-9]+$', '', checkpoint_filename)}.{meta_graph_suffix}"


def wait_for_new_checkpoint(
    checkpoint_dir: Any,
    last_checkpoint: str | None = None,
    seconds_to_sleep: float = 1,
    timeout: float | None = None,
) -> str | None:
    """Wait until a folder's newest checkpoint is another than `last_checkpoint`.

    Args:
        checkpoint_dir: the folder.
        last_checkpoint: the checkpoint that is known.
        seconds_to_sleep: seconds between looks.
        timeout: seconds to wait at most; for ever when None.

    Returns:
        The new checkpoint; None when the time is over.
    """
    import time

    stop_time = None if timeout is None else time.time() + timeout
    _log.info("Waiting for new checkpoint at %s", checkpoint_dir)
    while True:
        path = latest_checkpoint(checkpoint_dir)
        if path is not None and path != last_checkpoint:
            _log.info("Found new checkpoint at %s", path)
            return path
        if stop_time is not None and time.time() + seconds_to_sleep > stop_time:
            return None
        time.sleep(seconds_to_sleep)


def checkpoints_iterator(
    checkpoint_dir: Any,
    min_interval_secs: float = 0,
    timeout: float | None = None,
    timeout_fn: Any = None,
) -> Iterator[str]:
    """Each new checkpoint of a folder, as it appears.

    Args:
        checkpoint_dir: the folder.
        min_interval_secs: at least so many seconds between two.
        timeout: seconds to wait for the next one; for ever when None.
        timeout_fn: called when the time is over; True ends the iteration, as None does.
    """
    import time

    path: str | None = None
    while True:
        found = wait_for_new_checkpoint(checkpoint_dir, path, timeout=timeout)
        if found is None:
            if timeout_fn is None:
                _log.info("Timed-out waiting for a checkpoint.")
                return
            if timeout_fn():
                return
            continue
        start = time.time()
        path = found
        yield path
        rest = start + min_interval_secs - time.time()
        if rest > 0:
            time.sleep(rest)
