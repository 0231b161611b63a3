"""What is said once and not raised: a device that isn't here, a plan that can't be compiled."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

from evergraph.core.source import UserFrame
from evergraph.graph.operation import Operation
from evergraph.runtime.devices import local_devices

_said: set[str] = set()

# The types of devices that may be missing; there is always a CPU.
_ACCELERATOR = re.compile(r"(?:^|/|:)(GPU|TPU)(?::|$)", re.IGNORECASE)


def say_once(subject: str, message: str) -> None:
    """Log `message` as a warning, unless something was said of `subject` before in this process."""
    if subject not in _said:
        _said.add(subject)
        logging.getLogger("tensorflow").warning(message)


def tell_of_missing_devices(ops: Iterable[Operation]) -> None:
    """Say once of each type of device that `ops` ask for and that isn't here where they run."""
    asked: dict[str, Operation] = {}
    for op in ops:
        if op.device:
            found = _ACCELERATOR.search(op.device)
            if found:
                asked.setdefault(found.group(1).upper(), op)
    if not asked:
        return
    import evergraph.runtime.cpu_client  # noqa: F401 - it makes JAX's devices known

    here = {device.device_type for device in local_devices()}
    for kind, op in asked.items():
        if kind not in here:
            say_once(
                f"device {kind}",
                f"There is no {kind} here: '{op.name}' and all other operations placed on one "
                f"run on the CPU.{_place(op.created_at)}",
            )


def tell_of_changing_shapes(op: Operation) -> None:
    """Say once that a plan meets ever new shapes; `op` is one of its operations."""
    if "changing shapes" in _said:  # every run of such a plan comes here
        return
    say_once(
        "changing shapes",
        f"The shapes fed to a run of '{op.name}' keep changing: it goes on with NumPy, step by "
        "step, and only shapes that come back often are compiled. Padding to a few sizes makes "
        f"it faster.{_place(op.created_at)}",
    )


def tell_of_failed_compilation(op: Operation, error: Exception) -> None:
    """Say once that a program that runs step by step could not be compiled: a defect of ours."""
    say_once(
        "failed compilation",
        f"A plan with '{op.name}' can't be compiled and goes on with NumPy ({error!r}). Its "
        f"answers are right, but please report it.{_place(op.created_at)}",
    )


def _place(frame: UserFrame | None) -> str:
    return "" if frame is None else f" Created: {frame}"
