"""Device names: DeviceSpec, their canonical form, and merging by `tf.device`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class DeviceSpec:
    """A (possibly partial) name of a device: job, replica, task, type and index.

    Reference: TensorFlow 1.15, tensorflow/python/framework/device_spec.py.
    """

    def __init__(
        self,
        job: str | None = None,
        replica: int | None = None,
        task: int | None = None,
        device_type: str | None = None,
        device_index: int | None = None,
    ) -> None:
        self.job = str(job) if job is not None else None
        self.replica = int(replica) if replica is not None else None
        self.task = int(task) if task is not None else None
        if device_type is None:
            self.device_type = None
        elif device_type in ("cpu", "gpu"):
            self.device_type = device_type.upper()
        else:
            self.device_type = device_type
        self.device_index = int(device_index) if device_index is not None else None

    def parse_from_string(self, spec: str) -> DeviceSpec:
        """Fill this spec from text such as `/job:worker/task:1/device:GPU:0`; returns itself."""
        self.__init__()  # type: ignore[misc]  # starts afresh, as TensorFlow's does
        splits = [x.split(":") for x in spec.split("/")]
        for y in splits:
            ly = len(y)
            if y:
                if ly == 2 and y[0] == "job":
                    self.job = y[1]
                elif ly == 2 and y[0] == "replica":
                    self.replica = int(y[1])
                elif ly == 2 and y[0] == "task":
                    self.task = int(y[1])
                elif (ly == 1 or ly == 2) and y[0].upper() in ("CPU", "GPU", "TPU", "XLA_CPU"):
                    self.device_type = y[0].upper()
                    if ly == 2 and y[1] != "*":
                        self.device_index = int(y[1])
                elif ly == 3 and y[0] == "device":
                    self.device_type = y[1].upper() if y[1] in ("cpu", "gpu") else y[1]
                    if y[2] != "*":
                        self.device_index = int(y[2])
                elif ly and y[0] != "":
                    raise ValueError(f"Unknown attribute: '{y[0]}' in '{spec}'")
        return self

    def merge_from(self, dev: DeviceSpec) -> None:
        """Take over every part that `dev` names."""
        for field in ("job", "replica", "task", "device_type", "device_index"):
            value = getattr(dev, field)
            if value is not None:
                setattr(self, field, value)

    def make_merged_spec(self, dev: DeviceSpec) -> DeviceSpec:
        """A new spec: this one, with every part that `dev` names taken over."""
        merged = DeviceSpec.from_string(self.to_string())
        merged.merge_from(dev)
        return merged

    def replace(self, **parts: Any) -> DeviceSpec:
        """A new spec in which `parts` have other values."""
        fields = {
            f: getattr(self, f) for f in ("job", "replica", "task", "device_type", "device_index")
        }
        return DeviceSpec(**{**fields, **parts})

    def to_string(self) -> str:
        """The canonical text, such as `/job:worker/task:1/device:GPU:0`."""
        text = ""
        if self.job is not None:
            text += f"/job:{self.job}"
        if self.replica is not None:
            text += f"/replica:{self.replica}"
        if self.task is not None:
            text += f"/task:{self.task}"
        if self.device_type is not None:
            index = "*" if self.device_index is None else str(self.device_index)
            text += f"/device:{self.device_type}:{index}"
        return text

    @classmethod
    def from_string(cls, spec: str) -> DeviceSpec:
        """The spec that `spec` spells."""
        return cls().parse_from_string(spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DeviceSpec) and self.to_string() == other.to_string()

    def __hash__(self) -> int:
        return hash(self.to_string())


def canonical_device(device: Any) -> str:
    """The canonical text of a device given as text, DeviceSpec or None."""
    if device is None:
        return ""
    if isinstance(device, DeviceSpec):
        return device.to_string()
    return DeviceSpec.from_string(str(device)).to_string() if device else ""


def merge_device(spec: Any) -> Callable[[Any], str]:
    """A device function that fills the parts which an operation's own device leaves open."""
    if not isinstance(spec, DeviceSpec):
        spec = DeviceSpec.from_string(spec or "")

    def device_function(op: Any) -> str:
        merged: DeviceSpec = spec.make_merged_spec(DeviceSpec.from_string(op.device or ""))
        return merged.to_string()

    return device_function
