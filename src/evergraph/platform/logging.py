"""tf.logging: the logger "tensorflow", lines such as `INFO:tensorflow:step 10`."""

from __future__ import annotations

import logging
import sys
import threading
from types import FrameType
from typing import Any

DEBUG = logging.DEBUG
INFO = logging.INFO
WARN = logging.WARNING
ERROR = logging.ERROR
FATAL = logging.FATAL

_lock = threading.Lock()
_is_ready = False
_counts: dict[tuple[str, int], int] = {}


def get_logger() -> logging.Logger:
    """The logger; at its first use it gets a handler, unless the root logger has one already."""
    global _is_ready
    logger = logging.getLogger("tensorflow")
    if _is_ready:
        return logger
    with _lock:
        if not _is_ready:
            if not logging.getLogger().handlers:
                is_interactive = hasattr(sys, "ps1") or bool(sys.flags.interactive)
                if is_interactive:
                    logger.setLevel(INFO)
                handler = logging.StreamHandler(sys.stdout if is_interactive else sys.stderr)
                handler.setFormatter(logging.Formatter(logging.BASIC_FORMAT, None))
                logger.addHandler(handler)
            _is_ready = True
    return logger


_get_logger = get_logger


def log(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log `msg % args` at `level`."""
    get_logger().log(level, msg, *args, stacklevel=2, **kwargs)


def debug(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log at DEBUG."""
    get_logger().debug(msg, *args, stacklevel=2, **kwargs)


def info(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log at INFO."""
    get_logger().info(msg, *args, stacklevel=2, **kwargs)


def warning(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log at WARN."""
    get_logger().warning(msg, *args, stacklevel=2, **kwargs)


warn = warning


def error(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log at ERROR."""
    get_logger().error(msg, *args, stacklevel=2, **kwargs)


def fatal(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log at FATAL."""
    get_logger().fatal(msg, *args, stacklevel=2, **kwargs)


def vlog(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log at `level`, a small number: shown only when the verbosity is as low."""
    get_logger().log(level, msg, *args, stacklevel=2, **kwargs)


def log_every_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Log the first of every `n` calls made from the same line."""
    count = _count_here()
    log_if(level, msg, not (count % n), *args)


def log_first_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Log the first `n` calls made from the same line."""
    log_if(level, msg, _count_here() < n, *args)


def log_if(level: int, msg: Any, condition: Any, *args: Any) -> None:
    """Log if `condition`."""
    if condition:
        get_logger().log(level, msg, *args, stacklevel=2)


def TaskLevelStatusMessage(msg: Any) -> None:
    """Log at ERROR."""
    error(msg)


def flush() -> None:
    """TensorFlow's logger buffers nothing, nor does this one."""


def get_verbosity() -> int:
    """The least level that is shown."""
    return get_logger().getEffectiveLevel()


def set_verbosity(v: int | str) -> None:
    """Show messages from level `v` on."""
    get_logger().setLevel(v)


def _count_here() -> int:
    """How often the line that called the caller has been here before; for log_every_n from 1 on."""
    frame: FrameType | None = sys._getframe(2)
    assert frame is not None
    place = (frame.f_code.co_filename, frame.f_lineno)
    _counts[place] = _counts.get(place, -1) + 1
    return _counts[place]
