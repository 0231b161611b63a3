"""tf.test: TestCase, main, the gradient checker, questions about the machine."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock as mock

from absl.testing import absltest

from evergraph.platform import app
from evergraph.platform.array_assertions import ArrayAssertions as ArrayAssertions
from evergraph.platform.benchmark import Benchmark as Benchmark
from evergraph.platform.benchmark import benchmark_config as benchmark_config
from evergraph.platform.gradient_checker import compute_gradient as compute_gradient
from evergraph.platform.gradient_checker import compute_gradient_error as compute_gradient_error
from evergraph.platform.graph_assertions import assert_equal_graph_def as assert_equal_graph_def
from evergraph.platform.test_case import TensorFlowTestCase, temp_dir
from evergraph.platform.test_decorators import gpu_device_name as gpu_device_name
from evergraph.platform.test_decorators import is_built_with_cuda as is_built_with_cuda
from evergraph.platform.test_decorators import (
    is_built_with_gpu_support as is_built_with_gpu_support,
)
from evergraph.platform.test_decorators import is_built_with_rocm as is_built_with_rocm
from evergraph.platform.test_decorators import is_gpu_available as is_gpu_available
from evergraph.training.cluster import create_local_cluster as create_local_cluster

TestCase = TensorFlowTestCase
get_temp_dir = GetTempDir = temp_dir


class StubOutForTesting:
    """Replace attributes for a test and put them back."""

    def __init__(self) -> None:
        self._kept: list[tuple[Any, str, Any]] = []

    def __enter__(self) -> StubOutForTesting:
        return self

    def __exit__(self, *error: object) -> None:
        self.UnsetAll()

    def Set(self, parent: Any, child_name: str, new_child: Any) -> None:
        """Let `parent.child_name` be `new_child`."""
        self._kept.append((parent, child_name, getattr(parent, child_name)))
        setattr(parent, child_name, new_child)

    def SmartSet(self, obj: Any, attr_name: str, new_attr: Any) -> None:
        """Let `obj.attr_name` be `new_attr`."""
        self.Set(obj, attr_name, new_attr)

    def UnsetAll(self) -> None:
        """Put everything back, the last replaced first."""
        for parent, name, value in reversed(self._kept):
            setattr(parent, name, value)
        self._kept.clear()

    CleanUp = SmartUnsetAll = UnsetAll


def main(argv: Sequence[str] | None = None) -> None:
    """Run the tests of the program's main module."""
    app.run(lambda arguments: absltest.main(argv=arguments), argv=argv or sys.argv)


def test_src_dir_path(relative_path: str) -> str:
    """The path of a file of the tests, given below their root."""
    return str(Path(absltest.get_default_test_srcdir()) / relative_path)


test_src_dir_path.__test__ = False  # type: ignore[attr-defined]  # pytest: not a test
