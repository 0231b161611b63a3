"""What TensorFlow's tests decorate themselves with, and what they ask of the machine."""

from __future__ import annotations

import functools
import itertools
import unittest
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from absl.testing import parameterized

from evergraph.graph import scopes
from evergraph.graph.graph import Graph
from evergraph.graph.operation import Tensor
from evergraph.platform.device_lib import list_local_devices

# The machine.


def gpu_device_name() -> str:
    """The name of a GPU, or ""."""
    names = [d.name for d in list_local_devices() if d.device_type == "GPU"]
    return str(names[0]) if names else ""


def is_gpu_available(
    cuda_only: bool = False, min_cuda_compute_capability: tuple[int, int] | None = None
) -> bool:
    """Whether there is a GPU."""
    return bool(gpu_device_name())


def is_built_with_cuda() -> bool:
    """Whether operations may run on a GPU of NVIDIA's: as far as JAX found one."""
    return is_gpu_available()


is_built_with_gpu_support = is_built_with_cuda


def is_built_with_rocm() -> bool:
    """Whether this is a build for AMD's GPUs: no."""
    return False


IsBuiltWithROCm = is_built_with_rocm


def _no() -> bool:
    return False


IsGoogleCudaEnabled = IsMklEnabled = is_xla_enabled = GpuSupportsHalfMatMulAndConv = _no


def InstallStackTraceHandler() -> None:
    """Python shows the stacks itself."""


# Decorators of one test.


def _optional_function(decorator: Callable[[Any], Any], func: Any) -> Any:
    return decorator if func is None else decorator(func)


def _unchanged(f: Any) -> Any:
    return f


def run_deprecated_v1(func: Any = None) -> Any:
    """A test of the graph's mode: it runs."""
    return _optional_function(_unchanged, func)


deprecated_graph_mode_only = run_deprecated_v1


def run_v1_only(reason: Any, func: Any = None) -> Any:
    """A test of 1.x's behaviour: it runs."""
    if not isinstance(reason, str):
        raise ValueError(f"'reason' should be string, got {type(reason)}")
    return _optional_function(_unchanged, func)


def _skipping(reason: str, condition: Callable[[], bool] = lambda: True) -> Any:
    def decorator(f: Any) -> Any:
        if isinstance(f, type):
            return for_all_test_methods(_skipping(reason, condition))(f)

        @functools.wraps(f)
        def decorated(self: Any, *args: Any, **kwargs: Any) -> Any:
            if condition():
                raise unittest.SkipTest(reason)
            return f(self, *args, **kwargs)

        return decorated

    return decorator


def run_v2_only(func: Any = None) -> Any:
    """A test of 2.x's behaviour: skipped."""
    return _optional_function(_skipping("Test is only comptaible in v2"), func)


def run_gpu_only(func: Any = None) -> Any:
    """A test for GPUs: skipped when there is none."""
    return _optional_function(_skipping("Test requires GPU", lambda: not is_gpu_available()), func)


run_cuda_only = run_gpu_only


def skip_if(condition: Any) -> Any:
    """Don't run the test if `condition` (a value, or a function of no arguments)."""

    def decorator(f: Any) -> Any:
        @functools.wraps(f)
        def decorated(self: Any, *args: Any, **kwargs: Any) -> Any:
            if condition() if callable(condition) else condition:
                return None
            return f(self, *args, **kwargs)

        return decorated

    return decorator


def _needs_eager(f: Any) -> Any:
    return _skipping("There is no eager mode.")(f)


also_run_as_tf_function = py_func_if_in_function = _needs_eager
assert_no_new_pyobjects_executing_eagerly = _needs_eager


def run_in_graph_and_eager_modes(
    func: Any = None,
    config: Any = None,
    use_gpu: bool = True,
    reset_test: bool = True,
    assert_no_eager_garbage: bool = False,
) -> Any:
    """Run the test in a session; there is no eager mode to run it in again."""

    def decorator(f: Any) -> Any:
        if isinstance(f, type):
            raise ValueError(
                "`run_in_graph_and_eager_modes` only supports test methods. Did you mean to use "
                "`run_all_in_graph_and_eager_modes`?"
            )

        @functools.wraps(f)
        def decorated(self: Any, *args: Any, **kwargs: Any) -> None:
            with self.test_session(use_gpu=use_gpu, config=config):
                f(self, *args, **kwargs)

        return decorated

    return _optional_function(decorator, func)


def build_as_function_and_v1_graph(func: Any = None) -> Any:
    """Two tests of one: in a graph of its own, and in a function (skipped)."""

    def decorator(f: Any) -> Any:
        if isinstance(f, type):
            raise ValueError("`run_in_graph_mode_and_function` only supports test methods.")

        @parameterized.named_parameters(("_v1_graph", "v1_graph"), ("_function", "function"))  # type: ignore[no-untyped-call,untyped-decorator]  # absl's
        @functools.wraps(f)
        def decorated(self: Any, run_mode: str, *args: Any, **kwargs: Any) -> None:
            if run_mode == "function":
                self.skipTest("Functions are not supported.")
            with Graph().as_default():
                f(self, *args, **kwargs)

        return decorated

    return _optional_function(decorator, func)


def _plain_decorator(*args: Any, **kwargs: Any) -> Any:
    return _unchanged


# What these switch isn't here: XLA's own modes, control flow v2, C shapes.
disable_xla = no_xla_auto_jit = enable_tf_xla_constant_folding = xla_allow_fallback = (
    _plain_decorator
)
disable_control_flow_v2 = _plain_decorator
enable_control_flow_v2 = enable_output_all_intermediates = enable_c_shapes = _unchanged
use_deterministic_cudnn = assert_no_new_tensors = assert_no_garbage_created = _unchanged
with_c_shapes = _unchanged


# Decorators of a class.


def for_all_test_methods(decorator: Any, *args: Any, **kwargs: Any) -> Any:
    """A class decorator that decorates every test with `decorator(*args, **kwargs)(test)`."""

    def all_impl(cls: Any) -> Any:
        for name, value in _tests_of(cls):
            made = decorator(*args, **kwargs)(value) if args or kwargs else decorator(value)
            setattr(cls, name, made)
        return cls

    return all_impl


def run_all_in_graph_and_eager_modes(cls: Any) -> Any:
    """`run_in_graph_and_eager_modes` for every test of the class."""
    for name, value in _tests_of(cls):
        setattr(cls, name, run_in_graph_and_eager_modes(value))
    return cls


def with_control_flow_v2(cls: Any) -> Any:
    """A second copy of each test, as TensorFlow has it for its other control flow.

    Differs from TensorFlow: there is one control flow, and the copies run with it too.
    """
    for name, value in _tests_of(cls):
        if not getattr(value, "_disable_control_flow_v2", False):
            setattr(cls, f"{name}WithControlFlowV2", value)
    return cls


def _tests_of(cls: Any) -> list[tuple[str, Any]]:
    prefix = unittest.TestLoader.testMethodPrefix
    special = ("testSkipEager", "test_skip_eager", "test_session")
    return [
        (name, value)
        for name, value in vars(cls).copy().items()
        if callable(value) and name.startswith(prefix) and not name.startswith(special)
    ]


# Devices.


@contextmanager
def device(use_gpu: bool) -> Iterator[None]:
    """Operations go to a GPU, if one is wanted and there, else to the CPU."""
    name = gpu_device_name() if use_gpu else ""
    with scopes.device(name or "/device:CPU:0"):
        yield


def use_gpu() -> Any:
    """Operations go to a GPU if there is one."""
    return device(use_gpu=True)


def force_gpu() -> Any:
    """Operations go to a GPU."""
    return scopes.device(gpu_device_name() or "/device:GPU:0")


def force_cpu() -> Any:
    """Operations go to the CPU."""
    return scopes.device("/device:CPU:0")


# Layouts of images.


def _permuted(value: Any, orders: dict[int, list[int]]) -> Any:
    if isinstance(value, Tensor):
        from evergraph.ops.array_layout import transpose

        return transpose(value, orders[len(value.shape)])
    return [value[axis] for axis in orders[len(value)]]


def NHWCToNCHW(input_tensor: Any) -> Any:
    """A tensor or a shape, channels last -> channels first."""
    return _permuted(input_tensor, {4: [0, 3, 1, 2], 5: [0, 4, 1, 2, 3]})


def NCHWToNHWC(input_tensor: Any) -> Any:
    """A tensor or a shape, channels first -> channels last."""
    return _permuted(input_tensor, {4: [0, 2, 3, 1], 5: [0, 2, 3, 4, 1]})


# Combinations of arguments.


def generate_combinations_with_testcase_name(**kwargs: Any) -> list[OrderedDict[str, Any]]:
    """All combinations of the lists, each with a `testcase_name`, for parameterized tests."""
    sort = sorted(kwargs)
    found = []
    for values in itertools.product(*(kwargs[name] for name in sort)):
        pairs = list(zip(sort, values, strict=True))
        name = "".join(
            f"_{''.join(filter(str.isalnum, key))}_{''.join(filter(str.isalnum, str(value)))}"
            for key, value in pairs
        )
        found.append(OrderedDict([*pairs, ("testcase_name", f"_test{name}")]))
    return found
