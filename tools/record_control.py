"""Record what random control-flow programs give on the real TensorFlow.

    python tools/record_control.py [COUNT]

Runs under Python 3.7 with tensorflow==1.15.5 and writes tests/golden/control/programs.{json,npz}:
the first COUNT (300) seeds of tests/runtime/control_programs.py whose programs TensorFlow can run
(it can't differentiate some, and one assertion of its own ends the process) and whose decisions no
rounding turns over. Each program runs twice; plain Python must agree, else recording stops.
"""

import json
import os
import pickle
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "golden" / "control"
sys.path.insert(0, str(ROOT))
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from tests.runtime import control_plain  # noqa: E402
from tests.runtime.control_graph import Built  # noqa: E402
from tests.runtime.control_programs import control_program  # noqa: E402

# An answer that moves by more than this many times what its feeds move is chaos.
STEEPEST = 100.0


def recorded(seed):
    """(forms, numbers) of the runs of a program, or a string that says why there are none."""
    program = control_program(seed)
    with tf.Graph().as_default():
        try:
            built = Built(tf, program)
            rounds = [_rounds(built) for _ in range(2)]
        except (tf.errors.OpError, TypeError, ValueError) as error:
            return type(error).__name__ + ": " + str(error).split("\n")[0][:120]
    forms, numbers = rounds[0]
    assert rounds[1][0] == forms, "form hangs on chance"
    for one, other in zip(*[r[1] for r in rounds]):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    plain, margin = control_plain.answers(program, forms)
    moved, _ = control_plain.answers(program, forms, nudge=1e-6)
    if margin < control_plain.MARGIN:
        return "a decision is too near"
    if any(np.abs(a - b).max() > STEEPEST * 1e-6 for a, b in zip(plain, moved)):
        return "too steep"
    limit = 1e-4 if program.dtype == "float32" else 1e-9
    for form, want, got in zip(forms, plain, numbers):
        got = control_plain.dense(form, got, program)
        np.testing.assert_allclose(got, want, rtol=limit, atol=limit)
    return forms, [np.float32(n) for n in numbers]


def _rounds(built):
    with tf.compat.v1.Session() as session:
        session.run(tf.compat.v1.global_variables_initializer())
        answers = [built.answers(session, feeds) for feeds in built.program.runs]
    return [form for form, _ in answers], [numbers for _, numbers in answers]


def in_a_process(seed):
    """`recorded(seed)`, from a process that may die."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        with os.fdopen(writer, "wb") as stream:
            try:
                pickle.dump(recorded(seed), stream)
            except AssertionError as error:
                pickle.dump(error, stream)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        data = stream.read()
    os.waitpid(child, 0)
    return pickle.loads(data) if data else "the process died"


def main():
    """Record COUNT programs."""
    tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    forms, numbers, left_out, seed = {}, [], {}, 0
    while len(forms) < count:
        answer = in_a_process(seed)
        if isinstance(answer, Exception):
            print(seed, answer)
            raise answer
        if isinstance(answer, str):
            left_out[seed] = answer
            print(seed, answer, flush=True)
        else:
            forms[seed] = [" ".join(form) for form in answer[0]]
            numbers += answer[1]
        seed += 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = ['"tensorflow": ' + json.dumps(tf.__version__)]
    lines.append('"left_out": ' + json.dumps(left_out))
    lines += [json.dumps(str(seed)) + ": " + json.dumps(form) for seed, form in forms.items()]
    (FOLDER / "programs.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    np.savez_compressed(
        str(FOLDER / "programs.npz"),
        numbers=np.concatenate(numbers),
        sizes=np.array([n.size for n in numbers], np.int32),
    )
    print(len(forms), "programs,", len(left_out), "left out")


if __name__ == "__main__":
    main()
