"""`evergraph run SCRIPT`: run a program with `import tensorflow` meaning Evergraph.

All else is as under plain python: `sys.argv`, `sys.path[0]`, `__main__`, `__file__`, exit codes,
tracebacks.
"""

from __future__ import annotations

import argparse
import importlib.machinery
import importlib.util
import io
import runpy
import sys
import types
from pathlib import Path
from typing import Any

from evergraph.compat import install_as_tensorflow
from evergraph.compat.children import FOLDER_FOR_CHILDREN


def add_command(commands: Any) -> None:
    """Add `run` to the subcommands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "run",
        help="run a TensorFlow program unchanged",
        usage="evergraph run SCRIPT [ARGUMENTS]\n       evergraph run -m MODULE [ARGUMENTS]",
        description="Run a program in which `import tensorflow` means Evergraph.",
    )
    parser.add_argument("-m", dest="is_module", action="store_true", help="run a module by name")
    parser.add_argument(
        "target", metavar="SCRIPT", help="a file, or a folder or archive with a __main__.py"
    )
    parser.add_argument(
        "arguments",
        metavar="ARGUMENTS",
        nargs=argparse.REMAINDER,
        help="the program's own arguments",
    )
    parser.set_defaults(command=run)


def run(target: str, arguments: list[str], is_module: bool = False) -> int:
    """Run the file, folder or module `target` as `__main__`; return the exit status."""
    install_as_tensorflow()
    main_module = types.ModuleType("__main__")
    vars(main_module).update(__builtins__=sys.modules["builtins"], __annotations__={})
    # The launcher's own __main__ stays alive: its functions are still on the stack.
    vars(main_module)["__evergraph_launcher__"] = sys.modules["__main__"]
    try:
        if is_module:
            _run_module(target, arguments, main_module)
        else:
            _run_file(target, arguments, main_module)
    except SystemExit:
        raise
    except BaseException as error:
        return _report(error)
    return 0


def _run_module(name: str, arguments: list[str], main_module: types.ModuleType) -> None:
    """As `python -m name`: the working folder comes first on the path."""
    _set_path(str(Path.cwd()))
    sys.argv[:] = ["-m", *arguments]
    sys.modules["__main__"] = main_module
    # runpy.run_module would put the old __main__ back when the program's last line has run, too
    # early for its threads and exit handlers; this is what `python -m` itself calls.
    runpy._run_module_as_main(name)  # type: ignore[attr-defined]  # not in typeshed


def _run_file(target: str, arguments: list[str], main_module: types.ModuleType) -> None:
    """As `python target`: a file, or a folder or zip archive with a __main__ module."""
    path = Path.cwd() / target
    sys.argv[:] = [target, *arguments]
    if path.is_dir() or path.suffix in {".zip", ".pyz", ".egg"}:
        _set_path(str(path))
        sys.modules["__main__"] = main_module
        runpy._run_module_as_main("__main__", False)  # type: ignore[attr-defined]  # as above
        return
    try:
        with io.open_code(str(path)) as file:
            source = file.read()
    except OSError as error:
        text = f"can't open file {str(path)!r}: [Errno {error.errno}] {error.strerror}"
        print(f"{sys.executable}: {text}", file=sys.stderr)
        raise SystemExit(2) from None
    _set_path(str(path.resolve().parent))
    vars(main_module).update(
        __file__=str(path),
        __cached__=None,
        __loader__=importlib.machinery.SourceFileLoader("__main__", str(path)),
    )
    sys.modules["__main__"] = main_module
    if source[:4] == importlib.util.MAGIC_NUMBER:
        code = importlib.machinery.SourcelessFileLoader("__main__", str(path)).get_code("__main__")
    else:
        code = compile(source, str(path), "exec", dont_inherit=True)
    assert code is not None
    exec(code, vars(main_module))


def _set_path(first: str) -> None:
    """Let `sys.path` begin as python would: with `first`, in place of the launcher's own folder."""
    if getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, FOLDER_FOR_CHILDREN)
    else:
        sys.path[:1] = [first, FOLDER_FOR_CHILDREN]


def _report(error: BaseException) -> int:
    """Show an uncaught error as the interpreter does, less our own frames; return the status."""
    here = {run.__code__, _run_file.__code__, _run_module.__code__}
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code in here:
        trace = trace.tb_next
    error.__traceback__ = trace
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, trace
    if sys.version_info >= (3, 12):
        sys.last_exc = error
    sys.stdout.flush()
    sys.excepthook(type(error), error, trace)
    if isinstance(error, KeyboardInterrupt):
        # The interpreter ends the process by the signal itself, after its exit handlers; let it.
        sys.excepthook = lambda *_: None
        raise error
    return 1
