"""The devices of this process."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple


class Device(NamedTuple):
    """One device, as `Session.list_devices` tells of it."""

    name: str
    device_type: str
    memory_limit_bytes: int
    incarnation: int


def local_devices() -> list[Any]:
    """One CPU, and the accelerators that JAX has found when it is loaded."""
    prefix = "/job:localhost/replica:0/task:0/device:"
    devices = [Device(f"{prefix}CPU:0", "CPU", 256 << 20, 1)]
    jax = sys.modules.get("jax")
    if jax is not None:
        for device in jax.devices():
            if device.platform != "cpu":
                kind = device.platform.upper().replace("CUDA", "GPU")
                devices.append(Device(f"{prefix}{kind}:{device.id}", kind, 0, device.id + 2))
    return devices
