"""tf.test.TestCase: unittest with sessions, and assertions about arrays and messages."""

from __future__ import annotations

import contextlib
import os
import random
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from absl.testing import absltest

from evergraph import protos
from evergraph.core import errors
from evergraph.graph.device import canonical_device
from evergraph.graph.graph import Graph
from evergraph.graph.scopes import get_default_graph, get_default_session, reset_default_graph
from evergraph.platform.array_assertions import ArrayAssertions
from evergraph.platform.versions import GRAPH_DEF_VERSION
from evergraph.runtime.session import Session

DEFAULT_GRAPH_SEED = 87654321


class CheckedThread:
    """A thread whose error fails the test that joins it."""

    def __init__(
        self, testcase: Any, target: Callable[..., Any], args: Any = None, kwargs: Any = None
    ) -> None:
        self._testcase = testcase
        self._target = target
        self._args = args or ()
        self._kwargs = kwargs or {}
        self._thread = threading.Thread(target=self._protected_run)
        self._exception: BaseException | None = None
        self._is_joined = False

    def _protected_run(self) -> None:
        try:
            self._target(*self._args, **self._kwargs)
        except Exception as error:
            self._exception = error

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def join(self) -> None:
        """Wait for the end of the thread; fail the test if it had an error."""
        self._is_joined = True
        self._thread.join()
        if self._exception is not None:
            self._testcase.fail(f"Error in checkedThread: {self._exception}")

    def is_alive(self) -> bool:
        """Whether the thread is running."""
        return self._thread.is_alive()

    def check_termination(self) -> None:
        """Fail the test unless the thread was joined."""
        if self._is_joined:
            return
        if self._thread.is_alive():
            self._testcase.fail("checkedThread was not joined before the test ended.")
        self.join()


class CapturedWrites:
    """What was written to a stream while it was captured."""

    def __init__(self, capture_location: str) -> None:
        self.capture_location = capture_location

    def contents(self) -> str:
        """All that was written."""
        return Path(self.capture_location).read_text(encoding="utf-8")


class TensorFlowTestCase(ArrayAssertions, absltest.TestCase):
    """The base of TensorFlow's tests; each test starts with an empty default graph."""

    def __init__(self, methodName: str = "runTest") -> None:
        super().__init__(methodName)
        self._threads: list[CheckedThread] = []
        self._tempdir: str | None = None
        self._cached_session: Any = None
        self._cached_arguments: Any = None

    def setUp(self) -> None:
        """Fresh graph, fixed seeds."""
        super().setUp()
        self._clear_cached_session()
        random.seed(DEFAULT_GRAPH_SEED)
        np.random.seed(DEFAULT_GRAPH_SEED)
        reset_default_graph()
        get_default_graph().seed = DEFAULT_GRAPH_SEED
        # unittest takes the method test_session for a test.
        if self.id().endswith(".test_session"):
            self.skipTest("Not a test.")
        self._test_start_time = time.time()

    def tearDown(self) -> None:
        """Check that threads were joined, close the cached session."""
        for thread in self._threads:
            thread.check_termination()
        self._clear_cached_session()
        super().tearDown()

    def get_temp_dir(self) -> str:
        """A folder for the files of this test."""
        if not self._tempdir:
            self._tempdir = tempfile.mkdtemp(dir=temp_dir())
        return self._tempdir

    # Sessions.

    @contextlib.contextmanager
    def session(
        self,
        graph: Graph | None = None,
        config: Any = None,
        use_gpu: bool = False,
        force_gpu: bool = False,
    ) -> Iterator[Session]:
        """A new session as the default one, its operations on the CPU unless `use_gpu`."""
        with (
            Session("", graph, config) as session,
            self._devices_and_defaults(session, use_gpu, force_gpu) as ready,
        ):
            yield ready

    @contextlib.contextmanager
    def cached_session(
        self,
        graph: Graph | None = None,
        config: Any = None,
        use_gpu: bool = False,
        force_gpu: bool = False,
    ) -> Iterator[Session]:
        """As `session`, but one session for all calls of a test."""
        session = self._get_cached_session(graph, config, force_gpu, must_agree=True)
        with self._devices_and_defaults(session, use_gpu, force_gpu) as ready:
            yield ready

    @contextlib.contextmanager
    def test_session(
        self,
        graph: Graph | None = None,
        config: Any = None,
        use_gpu: bool = False,
        force_gpu: bool = False,
    ) -> Iterator[Session]:
        """`cached_session` without a graph, `session` with one."""
        if graph is not None:
            with self.session(graph, config, use_gpu, force_gpu) as session:
                yield session
            return
        cached = self._get_cached_session(graph, config, force_gpu, must_agree=False)
        with self._devices_and_defaults(cached, use_gpu, force_gpu) as ready:
            yield ready

    test_session.__test__ = False  # type: ignore[attr-defined]  # pytest: not a test

    def evaluate(self, tensors: Any) -> Any:
        """The values of `tensors` in the default session, or the cached one."""
        session = get_default_session()
        if session is None:
            with self.test_session() as session:
                return session.run(tensors)
        return session.run(tensors)

    @contextlib.contextmanager
    def _devices_and_defaults(
        self, session: Session, use_gpu: bool, force_gpu: bool
    ) -> Iterator[Session]:
        with session.graph.as_default(), session.as_default():
            if force_gpu:
                with session.graph.device("/device:GPU:0"):
                    yield session
            elif use_gpu:
                yield session
            else:
                with session.graph.device("/device:CPU:0"):
                    yield session

    def _get_cached_session(
        self, graph: Any, config: Any, force_gpu: bool, must_agree: bool
    ) -> Session:
        if self._cached_session is None:
            self._cached_session = Session("", graph, config)
            self._cached_arguments = (graph, config, force_gpu)
        elif must_agree and self._cached_arguments != (graph, config, force_gpu):
            raise ValueError(
                "The graph, config and force_gpu that the cached session was created with must be "
                "those of the call: got other ones. Use session() instead."
            )
        session: Session = self._cached_session
        return session

    def _clear_cached_session(self) -> None:
        if self._cached_session is not None:
            self._cached_session.close()
            self._cached_session = None

    _ClearCachedSession = _clear_cached_session

    # Threads and streams.

    def checkedThread(self, target: Any, args: Any = None, kwargs: Any = None) -> CheckedThread:
        """A thread that fails the test when it fails; join it before the test ends."""
        thread = CheckedThread(self, target, args, kwargs)
        self._threads.append(thread)
        return thread

    @contextlib.contextmanager
    def captureWritesToStream(self, stream: Any) -> Iterator[CapturedWrites]:
        """Capture what is written to `stream` (stderr, stdout), also from below Python."""
        descriptor = stream.fileno()
        handle, path = tempfile.mkstemp(dir=self.get_temp_dir())
        kept = os.dup(descriptor)
        stream.flush()
        os.dup2(handle, descriptor)
        try:
            yield CapturedWrites(path)
        finally:
            stream.flush()
            os.dup2(kept, descriptor)
            os.close(kept)
            os.close(handle)

    # Errors, devices, messages.

    @contextlib.contextmanager
    def assertRaisesWithPredicateMatch(  # type: ignore[override]  # an expression is fine too
        self, exception_type: Any, expected_err_re_or_predicate: Any
    ) -> Iterator[None]:
        """The block must raise an error of that type that the expression or predicate accepts."""
        if callable(expected_err_re_or_predicate):
            predicate = expected_err_re_or_predicate
        else:

            def predicate(error: BaseException) -> Any:
                return re.search(expected_err_re_or_predicate, _error_text(error))

        try:
            yield
        except Exception as error:
            if not isinstance(error, exception_type) or not predicate(error):
                raise AssertionError(f"Exception of type {type(error)}: {error}") from error
        else:
            self.fail(f"{exception_type.__name__} not raised")

    def assertRaisesOpError(self, expected_err_re_or_predicate: Any) -> Any:
        """The block must raise an OpError whose text matches."""
        return self.assertRaisesWithPredicateMatch(errors.OpError, expected_err_re_or_predicate)

    def assertDeviceEqual(self, device1: Any, device2: Any, msg: Any = None) -> None:
        """The two device names mean the same device."""
        one, two = canonical_device(device1), canonical_device(device2)
        self.assertEqual(one, two, f"Devices {one} and {two} are not equal. {msg or ''}")

    def assertProtoEquals(
        self, expected_message_maybe_ascii: Any, message: Any, msg: Any = None
    ) -> None:
        """The message equals another one, or what a text in protobuf's format describes."""
        expected = expected_message_maybe_ascii
        if isinstance(expected, str | bytes):
            expected = protos.parse_text(expected, type(message))
        self.assertEqual(type(expected), type(message), msg)
        if expected != message:
            one, two = protos.to_text(expected), protos.to_text(message)
            self.assertMultiLineEqual(one, two, msg)  # type: ignore[no-untyped-call]  # absl's

    def assertProtoEqualsVersion(
        self,
        expected: str,
        actual: Any,
        producer: int = GRAPH_DEF_VERSION,
        min_consumer: int = 0,
        msg: Any = None,
    ) -> None:
        """As `assertProtoEquals`, of a GraphDef with these versions."""
        versions = f"versions {{ producer: {producer} min_consumer: {min_consumer} }};\n"
        self.assertProtoEquals(versions + expected, actual, msg=msg)

    def assertStartsWith(self, actual: str, expected_start: str, msg: Any = None) -> None:
        """The text starts so."""
        if not actual.startswith(expected_start):
            self.fail(f"{actual!r} does not start with {expected_start!r} {msg or ''}")

    # What unittest dropped in Python 3.12.
    assertEquals = absltest.TestCase.assertEqual
    assertNotEquals = absltest.TestCase.assertNotEqual
    assertAlmostEquals = absltest.TestCase.assertAlmostEqual
    assertNotAlmostEquals = absltest.TestCase.assertNotAlmostEqual
    assertItemsEqual = absltest.TestCase.assertCountEqual
    assertRegexpMatches = absltest.TestCase.assertRegex
    assertNotRegexpMatches = absltest.TestCase.assertNotRegex
    assertRaisesRegexp = absltest.TestCase.assertRaisesRegex
    assert_ = absltest.TestCase.assertTrue
    failUnless = absltest.TestCase.assertTrue
    failIf = absltest.TestCase.assertFalse
    failUnlessEqual = absltest.TestCase.assertEqual
    failIfEqual = absltest.TestCase.assertNotEqual
    failUnlessAlmostEqual = absltest.TestCase.assertAlmostEqual
    failIfAlmostEqual = absltest.TestCase.assertNotAlmostEqual
    failUnlessRaises = absltest.TestCase.assertRaises


def _error_text(error: BaseException) -> str:
    if not isinstance(error, errors.OpError):
        return str(error)
    text = str(error.message)
    op = error.op
    while op is not None:
        text += f"\nCaused by: {op.name}"
        op = getattr(op, "_original_op", None)
    return text


def temp_dir() -> str:
    """The folder for the files of all tests of this process."""
    path = absltest.get_default_test_tmpdir()
    Path(path).mkdir(parents=True, exist_ok=True)
    return str(path)
