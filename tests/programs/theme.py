"""What a theme of programs consists of.

A program is a function `(tf, np) -> result`. `tools/record_programs.py` runs it with the real
TensorFlow 1.15.5 as `tf`, `tests/test_programs.py` with Evergraph; both start in an empty graph.
This file and the themes run under Python 3.7 too.
"""

import hashlib
import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """One recorded program: its name, body, and how closely its result must agree."""

    name: str
    body: object  # (tf, np) -> result
    rtol: float
    atol: float
    class_only: str  # why the text of its errors isn't compared; "" when it is
    doc: str
    slow: bool  # whether the everyday suite leaves it out


class Theme:
    """The programs of one module, in the order they were written."""

    def __init__(self, rtol=1e-6, atol=1e-7, repeat=1):
        """Programs agree to `rtol`, `atol`; the recorder runs each `repeat` times and compares."""
        self.rtol, self.atol, self.repeat = rtol, atol, repeat
        self.programs = {}

    def _add(self, name, body, doc, rtol=None, atol=None, class_only="", slow=False):
        assert name not in self.programs, name
        rtol = self.rtol if rtol is None else rtol
        atol = self.atol if atol is None else atol
        self.programs[name] = Program(name, body, rtol, atol, class_only, doc or "", slow)

    def program(self, body=None, **options):
        """Decorate `body(tf, np)`, bare or with options `rtol`, `atol`, `class_only`, `slow`."""
        if body is None:
            return lambda function: self.program(function, **options)
        self._add(body.__name__, body, body.__doc__, **options)
        return body

    def programs_over(self, cases, **options):
        """Decorate `body(tf, np, case)`: one program for each of `cases` (a dict, or names)."""
        named = cases if isinstance(cases, dict) else {str(case): case for case in cases}

        def add(body):
            for name, case in named.items():
                bound = _bind(body, case)
                self._add(f"{body.__name__}[{name}]", bound, body.__doc__, **options)
            return body

        return add


def _bind(body, case):
    return lambda tf, np: body(tf, np, case)


def variable(tf, kind, initial=0.0, name="v", **options):
    """A variable of `kind` "ref" or "resource"."""
    return tf.Variable(initial, name=name, use_resource=kind == "resource", **options)


def started(tf):
    """A session in which all variables of the default graph have been initialised."""
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    return session


def caught(call):
    """The exception that `call()` raises, or its result when it raises none."""
    try:
        return call()
    except Exception as error:
        return error


def nodes(tf):
    """[name, op type, inputs] of every operation of the default graph, as in a GraphDef."""
    rows = []
    for op in tf.get_default_graph().get_operations():
        inputs = [_input_name(tensor.name) for tensor in op.inputs]
        inputs += sorted("^" + control.name for control in op.control_inputs)
        rows.append([op.name, op.type, inputs])
    return rows


def digests(tf):
    """How many operations the default graph has, and a hash of each twenty of `nodes`.

    For graphs whose list of nodes would be long: the first hash that differs says where to look.
    """
    rows = nodes(tf)
    parts = [json.dumps(rows[i : i + 20]).encode() for i in range(0, len(rows), 20)]
    return [len(rows)] + [hashlib.sha1(part).hexdigest()[:8] for part in parts]


def _input_name(tensor_name):
    return tensor_name[:-2] if tensor_name.endswith(":0") else tensor_name


def wiring(tf):
    """What `nodes` tells, in few words: "name type inputs", the inputs by number.

    An input is the number of the operation in order of creation, with ":1" for a second output and
    "^" for a control input.
    """
    operations = tf.get_default_graph().get_operations()
    number = {op.name: i for i, op in enumerate(operations)}
    rows = []
    for op in operations:
        words = [op.name, op.type]
        for tensor in op.inputs:
            output = f":{tensor.value_index}" if tensor.value_index else ""
            words.append(f"{number[tensor.op.name]}{output}")
        words += [f"^{i}" for i in sorted(number[c.name] for c in op.control_inputs)]
        rows.append(" ".join(words))
    return rows
