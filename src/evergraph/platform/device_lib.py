"""tensorflow.python.client.device_lib: the devices of this machine."""

from __future__ import annotations

from typing import Any

from evergraph import protos
from evergraph.runtime.devices import local_devices


def list_local_devices(session_config: Any = None) -> list[Any]:
    """A DeviceAttributes message for each device."""
    return [
        protos.DeviceAttributes(
            name=device.name.replace("/job:localhost/replica:0/task:0", ""),
            device_type=device.device_type,
            memory_limit=device.memory_limit_bytes,
            incarnation=device.incarnation,
        )
        for device in local_devices()
    ]
