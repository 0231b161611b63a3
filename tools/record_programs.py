"""Record what the programs of tests/programs do on the real TensorFlow.

    python tools/record_programs.py [THEME ...]

Runs under Python 3.7 with tensorflow==1.15.5 and writes tests/golden/programs/THEME.json, one
program per line. A theme that asks for it has each program run several times; where the answers
differ between runs there is a race in the real one: the program is named, its answers left out.
"""

import importlib
import json
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden" / "programs"
sys.path.insert(0, str(ROOT / "tests"))
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from programs.encoding import encode  # noqa: E402

SHARED = ("__init__", "theme", "encoding", "choices")


def result_of(body):
    """What `body` returns or raises, in a graph of its own, encoded."""
    with tf.Graph().as_default():
        try:
            return encode(body(tf, np), tf)
        except Exception as error:
            return encode(error, tf)


def without_classes(value):
    """`value` without the base classes of errors, which only a comparison needs."""
    if isinstance(value, dict):
        return {k: without_classes(v) for k, v in value.items() if k != "classes"}
    return [without_classes(item) for item in value] if isinstance(value, list) else value


def record(name):
    """Write the golden file of theme `name`."""
    theme = importlib.import_module("programs." + name).THEME
    lines, racy, raised = [], [], []
    for program in theme.programs.values():
        text = json.dumps(without_classes(result_of(program.body)))
        if any(
            json.dumps(without_classes(result_of(program.body))) != text
            for _ in range(theme.repeat - 1)
        ):
            racy.append(program.name)
            continue
        if text.startswith('{"error"'):
            raised.append(program.name + ": " + text)
        lines.append(json.dumps(program.name) + ": " + text)
    GOLDEN.mkdir(parents=True, exist_ok=True)
    lines.insert(0, '"tensorflow": ' + json.dumps(tf.__version__))
    lines.insert(1, '"racy": ' + json.dumps(racy))
    path = GOLDEN / (name + ".json")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{name}: {len(lines) - 2} programs, {path.stat().st_size} bytes, racy: {racy}")
    for line in raised:
        print("   raises", line[:240])


def main():
    """Record the themes named on the command line, or all."""
    tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
    found = sorted(path.stem for path in (ROOT / "tests" / "programs").glob("*.py"))
    names = sys.argv[1:] or [name for name in found if name not in SHARED]
    for name in names:
        record(name)


if __name__ == "__main__":
    main()
