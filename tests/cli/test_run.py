"""`evergraph run` beside plain python: the same argv, path, __main__, exit codes and tracebacks."""

import os
import signal
import subprocess
import sys

import pytest

ENVIRONMENT = {**os.environ, "PYTHONPATH": ":".join(filter(None, sys.path))}


def start(command, folder, **kwargs):
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        **kwargs,
    )


def both(folder, arguments, **kwargs):
    """(under plain python, under evergraph run)."""
    plain = start(arguments, folder, **kwargs)
    return plain, start(["-m", "evergraph", "run", *arguments], folder, **kwargs)


def same(folder, arguments, **kwargs):
    plain, ours = both(folder, arguments, **kwargs)
    assert (ours.returncode, ours.stdout, ours.stderr) == (
        plain.returncode,
        plain.stdout,
        plain.stderr,
    )
    return ours


SHOW = """
import sys
print(sys.argv, __name__, __file__, sys.path[0], __package__, __doc__, __spec__)
"""


def test_argv_main_file_and_path(tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "show.py").write_text(SHOW)
    done = same(tmp_path, ["below/show.py", "--steps", "5", "-m", "--", "--help"])
    assert "['below/show.py', '--steps', '5', '-m', '--', '--help']" in done.stdout


def test_module(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "train.py").write_text(SHOW.replace(", __spec__", ", __spec__.name"))
    assert same(tmp_path, ["-m", "package.train", "--x"]).returncode == 0


def test_folder_with_a_main_module(tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__main__.py").write_text("import sys; print(sys.argv, sys.path[0])")
    assert same(tmp_path, ["app", "x"]).stdout.endswith("app\n")


@pytest.mark.parametrize(
    "program",
    [
        "raise SystemExit(7)",
        "raise SystemExit('why')",
        "raise SystemExit",
        "import sys; sys.exit(True)",
        "import os; os._exit(9)",
        "def f():\n    return 1 / 0\nf()",
        "try:\n    1 / 0\nexcept Exception as error:\n    raise ValueError('x') from error",
        "print(1",
        "import sys\nsys.excepthook = lambda *e: print(e[0], e[2].tb_lineno)\n1 / 0",
        "import nothing_of_this_name",
        "import atexit\natexit.register(print, 'bye')\n1 / 0",
        "import threading\nthreading.Timer(0.01, lambda: print(__name__)).start()",
        "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))) is A)",
        "import inspect\ndef f(): pass\nprint(inspect.getsource(f), __loader__.name)",
    ],
)
def test_exits_and_tracebacks_are_those_of_python(tmp_path, program):
    (tmp_path / "program.py").write_text(program)
    same(tmp_path, ["program.py"])


def test_a_missing_file_exits_with_2(tmp_path):
    done = same(tmp_path, ["missing.py"])
    assert done.returncode == 2


def test_an_interrupt_ends_the_process_by_its_signal(tmp_path):
    (tmp_path / "program.py").write_text("import os\nos.kill(os.getpid(), 2)\nprint('after')\n")
    done = same(tmp_path, ["program.py"])
    assert done.returncode == -signal.SIGINT
    assert done.stderr.endswith("KeyboardInterrupt\n")


def test_the_program_reads_stdin(tmp_path):
    (tmp_path / "program.py").write_text("print(input())")
    assert same(tmp_path, ["program.py"], input="hello\n").stdout == "hello\n"


def test_tensorflow_is_evergraph(tmp_path):
    (tmp_path / "program.py").write_text(
        "import tensorflow as tf, evergraph\nprint(tf.__version__, tf.Graph is evergraph.Graph)"
    )
    done = start(["-m", "evergraph", "run", "program.py"], tmp_path)
    assert done.stdout == "1.15.5 True\n", done.stderr


def test_a_spawned_process_has_the_alias_too(tmp_path):
    (tmp_path / "program.py").write_text(
        """
import multiprocessing
import tensorflow as tf

def work(_):
    return tf.__version__, tf.Graph.__module__

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(work, [1]))
"""
    )
    done = start(["-m", "evergraph", "run", "program.py"], tmp_path)
    assert done.stdout == "[('1.15.5', 'evergraph.graph.graph')]\n", done.stderr


def test_misuse_exits_with_2(tmp_path):
    assert start(["-m", "evergraph"], tmp_path).returncode == 2
    assert start(["-m", "evergraph", "run"], tmp_path).returncode == 2
    assert start(["-m", "evergraph", "dance"], tmp_path).returncode == 2


def test_version_names_both(tmp_path):
    done = start(["-m", "evergraph", "--version"], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("evergraph ") and "(TensorFlow 1.15" in done.stdout
