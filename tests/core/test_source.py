"""core/source.py: the user's line is found by module name, and written out late."""

import contextlib
import functools
import threading
from pathlib import Path

from evergraph.core.source import UserFrame, user_frame

OUR_CODE = """
def create():
    return user_frame()

def create_deeply(depth=5):
    return create() if depth == 0 else create_deeply(depth - 1)
"""


def module(name):
    """The functions of `OUR_CODE` as if defined in the module `name`."""
    namespace = {"__name__": name, "user_frame": user_frame}
    exec(compile(OUR_CODE, f"{name}.py", "exec"), namespace)
    return namespace


ours = module("evergraph.ops.fake")


def test_frames_of_evergraph_are_passed_over():
    frame = ours["create_deeply"]()  # this very line
    assert Path(frame.file) == Path(__file__)
    assert frame.function == "test_frames_of_evergraph_are_passed_over"
    assert frame.text == 'frame = ours["create_deeply"]()  # this very line'
    file, line, function = frame
    assert str(frame) == f"{file}:{line} in {function}: {frame.text}"
    assert frame.as_traceback_entry() == (file, line, function, frame.text)


def test_package_is_told_by_its_whole_name():
    theirs = module("evergraph_models.resnet")
    assert theirs["create"]().file == "evergraph_models.resnet.py"
    assert str(theirs["create"]()) == "evergraph_models.resnet.py:3 in create"


def test_decorators_and_context_managers_are_not_the_user():
    @contextlib.contextmanager
    def scope():
        yield ours["create"]()

    with scope() as frame:
        assert frame.function == "scope"

    with contextlib.contextmanager(generator_of_ours())() as frame:
        assert frame.function == "test_decorators_and_context_managers_are_not_the_user"
    assert functools.partial(ours["create"])().function == (
        "test_decorators_and_context_managers_are_not_the_user"
    )


def generator_of_ours():
    """A generator of ours that looks for the user from inside a `with` statement of theirs."""
    namespace = {"__name__": "evergraph.graph.fake", "user_frame": user_frame}
    exec("def scope():\n    yield user_frame()\n", namespace)
    return namespace["scope"]


def test_line_is_of_the_call_not_of_the_function():
    first = ours["create"]()
    second = ours["create"]()
    assert second.line == first.line + 1
    assert first != second


def test_code_without_a_module_name_is_the_user():
    namespace = {"create": ours["create"]}
    exec("frame = create()", namespace)
    assert namespace["frame"].function == "<module>"
    assert isinstance(namespace["frame"], UserFrame)


def test_other_threads_have_frames_of_their_own():
    found = []
    thread = threading.Thread(target=lambda: found.append(ours["create"]()))
    thread.start()
    thread.join()
    assert found[0].function == "<lambda>"
