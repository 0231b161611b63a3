"""AUTO_REUSE, the third answer to whether `get_variable` reuses variables."""

from __future__ import annotations

import enum


class ReuseMode(enum.Enum):
    """Ways to reuse variables that are neither True nor False."""

    AUTO_REUSE = 1


AUTO_REUSE = ReuseMode.AUTO_REUSE
"""`get_variable` gives the existing variable, or makes it when there is none."""
