"""Record what TensorFlow 1.15.5 answers to the cases of tests/golden/ops.

    python3.7 tools/record_golden.py [OP ...] [--stale]

Needs Python 3.7, tensorflow==1.15.5 and its NumPy, nothing of Evergraph. For each OP (default:
every `tests/golden/ops/*.json`; with `--stale` those whose recording doesn't belong to the file as
it is now) it reads `OP.json`, which is written by hand, and writes `OP.npz`, which
`tests/conformance.py` reads. A case that fails without `"error": true`, or that should fail and
doesn't, is reported, and the exit status is 1.

## The JSON file

A list of cases, or `{"tolerance": {...}, "cases": [...]}`; one case per line. A case is an object;
every field is optional:

name      what the case shows, in a word or two; its number when absent.
inputs    {input name of the schema: value}. An input that is a list (`N * T`, or a list of types)
          takes a JSON list of values.
attrs     {attr: value}. Attrs of type `type` are dtype names ("float32"); shapes are lists, null
          for an unknown dimension or rank; `tensor` is {"value": ..., "dtype": ...}.
dtypes    which dtypes the case is recorded for: "all" (every one that the schema allows), or a list
          of dtype names and of groups: "floating" (half, bfloat16, float32, float64), "signed",
          "unsigned", "integer", "complex", "quantized", "real" (floating and integer), "numeric"
          (real and complex). It speaks of the type attr of the first input that has one;
          {attr: dtypes, attr: dtypes} names the attrs and gives their product. A dtype without a
          CPU kernel is recorded as refused. A type attr named nowhere has its default, else
          float32, int32 or the first that is allowed.
gradient  true: also record the gradients with respect to every floating or complex input, where
          the gradient of each floating or complex output is a fixed array of weights;
          [0, ...]: only these outputs have one.
error     true: the case must fail. It is built with constants, then with placeholders of unknown
          shape that are fed; class and first line of each error are recorded.
static    false: don't record static output shapes. Otherwise, for the first dtype of a case, the
          op is built again with each input in turn of unknown value, of unknown dimensions (one by
          one and all), of unknown rank; and with all of them so.
values    false: the values are random: of the outputs only dtype and shape are meant.
no_derivative  why the gradients of the case aren't derivatives; they aren't compared with any.
why       a comment.

A value is
* a number, true, false, a string, or a rectangular nested list of these. "nan", "inf", "-inf",
  "1-2j" and, depending on the dtype: "max", "min" (the lowest), "tiny" (least normal), "denormal"
  (least of all), "eps". Each dtype takes what it can of the list: integers truncate and clip, nan
  becomes 0; a real dtype takes the real part; bool is `!= 0`;
* {"linspace": [first, last], "shape": [...]}: evenly spaced;
* {"ramp": shape, "start": 0, "step": 1}: 0, 1, 2 ...; with "mod": m its remainder by m;
* {"noise": shape, "scale": 1, "seed": 0}: normally distributed, rounded to 1/64;
* {"full": value, "shape": [...]}, {"empty": shape};
* {"value": any of these, "dtype": "int32"}: where the schema leaves the dtype open;
* {"variable": any of these}: for a ref or resource input: a variable with this initial value. After
  the op has run once, the variable's value is recorded too. {"uninitialized": shape}: without a
  value. For a resource, "dtype" is a dtype or the name of a type attr; default: the attr `dtype`,
  else `T`.

`tolerance` is {dtype or "gradient/dtype": rtol or [rtol, atol], "why": ...} and widens what
tests/conformance.py allows for this op.

## The npz file

One array for each dtype: all recorded values, end to end (bfloat16 as uint16, quantized types as
the integers under them); and `meta`, JSON in UTF-8, whose `arrays` says where each value lies.
Beyond the cases, `wrong_dtype` is what happens to the first input that doesn't allow every dtype.
"""

import argparse
import hashlib
import importlib
import json
import os
import pathlib
import re
import sys
import traceback

import numpy as np
from golden_schema import Schema, apply, as_attr, dtype_names, for_tensorflow, tf
from golden_values import COMPLEX, FLOATING, Problem, Store, as_array, weights
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import config_pb2, rewriter_config_pb2

OPS = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "ops"
MOST_BYTES = 50_000

CPU = "/device:CPU:0"  # what has no kernel there would run on XLA_CPU, which isn't TensorFlow's
REFUSALS = (
    "No OpKernel was registered",
    "no supported kernel for CPU",
    "not in list of allowed values",
    "No unary variant",
)


class Input:
    """One tensor input: its dtype, its value, and whether a variable holds it."""

    def __init__(self, dtype, array, variable=None, is_ref=False):
        self.dtype = dtype
        self.array = array
        self.variable = variable  # None, "value" or "uninitialized"
        self.is_ref = is_ref
        self.initializer = self.reader = None

    def tensor(self, how="constant"):
        """The input in the default graph; `how`: constant, value, dims, rank, or a dimension."""
        dtype = tf.as_dtype(self.dtype)
        if self.variable:
            return self._make_variable(dtype)
        shape = list(self.array.shape)
        if how == "constant":
            return tf.constant(for_tensorflow(self.array, self.dtype), dtype, shape)
        if how == "rank":
            return tf.placeholder(dtype)
        if how == "dims":
            shape = [None] * len(shape)
        elif how != "value":
            shape[how] = None
        return tf.placeholder(dtype, shape)

    def _make_variable(self, dtype):
        shape = tf.TensorShape(self.array.shape)
        value = tf.constant(for_tensorflow(self.array, self.dtype), dtype, self.array.shape)
        if self.is_ref:
            variable = apply("VariableV2", shape=shape, dtype=dtype)
            self.initializer = apply("Assign", ref=variable, value=value).op
            with tf.device(variable.device):
                self.reader = tf.identity(variable)
            return variable
        name = tf.get_default_graph().unique_name("handle")
        variable = apply("VarHandleOp", shape=shape, dtype=dtype, shared_name=name)
        self.initializer = apply("AssignVariableOp", resource=variable, value=value)
        self.reader = apply("ReadVariableOp", resource=variable, dtype=dtype)
        return variable


class Variant:
    """A case for one choice of dtypes."""

    def __init__(self, schema, op_type, case, dtypes):
        self.schema, self.op_type, self.case, self.dtypes = schema, op_type, case, dtypes
        known = {**case.get("attrs", {}), **dtypes}
        self.attrs = {a: v for a, v in known.items() if a not in schema.inferred}
        given = case.get("inputs", {})
        unknown = set(given) - {arg.name for arg in schema.inputs}
        if unknown or len(given) != len(schema.inputs):
            raise Problem(f"inputs are {[arg.name for arg in schema.inputs]}")
        self.inputs = []
        self.groups = []  # for each input of the schema: its index, or a list of them
        for arg in schema.inputs:
            value = given[arg.name]
            if arg.number_attr or arg.type_list_attr:
                first = len(self.inputs)
                self.inputs += [self._make_input(arg, one) for one in value]
                self.groups.append(list(range(first, len(self.inputs))))
            else:
                self.groups.append(len(self.inputs))
                self.inputs.append(self._make_input(arg, value))

    def _make_input(self, arg, value):
        dtype = self.dtypes.get(arg.type_attr) or tf.as_dtype(arg.type or types_pb2.DT_FLOAT).name
        variable = None
        if isinstance(value, dict):
            if dtype == "resource":
                dtype = value.get("dtype", "dtype" if "dtype" in self.dtypes else "T")
                dtype = self.dtypes.get(dtype, dtype)
            elif "dtype" in value:
                dtype = self.dtypes.get(value["dtype"], value["dtype"])
            if "variable" in value:
                variable, value = "value", value["variable"]
            elif "uninitialized" in value:
                variable, value = "uninitialized", {"full": 0, "shape": value["uninitialized"]}
        return Input(dtype, as_array(value, dtype), variable, arg.is_ref)

    def build(self, hows):
        """Add the op to the default graph (`hows`: one per input); its Operation and inputs."""
        tensors = [one.tensor(how) for one, how in zip(self.inputs, hows)]
        arguments = {}
        for arg, group in zip(self.schema.inputs, self.groups):
            is_list = isinstance(group, list)
            arguments[arg.name] = [tensors[k] for k in group] if is_list else tensors[group]
        for attr, value in self.attrs.items():
            arguments[attr] = as_attr(self.schema.attrs[attr], value)
        result = apply(self.op_type, **arguments)
        if isinstance(result, tf.Operation):
            return result, tensors
        if isinstance(result, (list, tuple)):
            flat = [t for one in result for t in (one if isinstance(one, list) else [one])]
            return flat[0].op, tensors
        return result.op, tensors

    def constants(self):
        """The `hows` of inputs that are all known."""
        return ["constant"] * len(self.inputs)


def shape_of(tensor):
    """The static shape as JSON."""
    return None if tensor.shape.ndims is None else tensor.shape.as_list()


def first_line(error):
    """[class, first line] of an exception."""
    message = error.message if isinstance(error, tf.errors.OpError) else str(error)
    line = message.split("\n")[0].strip()
    return [type(error).__name__, re.sub(r" ?\(defined at [^)]*\)", "", line)]


def is_refusal(error):
    """Whether the error says that TensorFlow has no kernel for the dtype."""
    return any(words in str(error) for words in REFUSALS)


def static_shapes(variant):
    """{input: {what is unknown of it: output shapes}}; "none": nothing; "all": every rank."""

    def shapes(hows):
        with tf.Graph().as_default(), tf.device(CPU):
            try:
                op, _ = variant.build(hows)
            except (ValueError, TypeError) as error:
                return {"error": first_line(error)}
            return [shape_of(t) for t in op.outputs]

    constants = variant.constants()
    found = {"none": shapes(constants)}
    for k, one in enumerate(variant.inputs):
        if one.variable:
            continue
        dimensions = list(range(one.array.ndim)) if one.array.ndim > 1 else []
        for how in ["value", "rank"] + (["dims"] if one.array.ndim else []) + dimensions:
            hows = [*constants[:k], how, *constants[k + 1 :]]
            found.setdefault(str(k), {})[str(how)] = shapes(hows)
    found["all"] = shapes(["rank"] * len(variant.inputs))
    return found


def session(graph):
    """A session that runs the kernels as they are: nothing is folded or rewritten."""
    off = rewriter_config_pb2.RewriterConfig(disable_meta_optimizer=True)
    level = config_pb2.OptimizerOptions(opt_level=config_pb2.OptimizerOptions.L0)
    config = tf.ConfigProto(
        intra_op_parallelism_threads=1,
        inter_op_parallelism_threads=1,
        graph_options=tf.GraphOptions(rewrite_options=off, optimizer_options=level),
    )
    return tf.Session(graph=graph, config=config)


def record_errors(variant):
    """{"build": [class, line], "run": [class, line]}: either or both."""
    errors = {}
    with tf.Graph().as_default(), tf.device(CPU):
        try:
            variant.build(variant.constants())
        except Exception as error:
            errors["build"] = first_line(error)
    with tf.Graph().as_default() as graph, tf.device(CPU):
        try:
            op, tensors = variant.build(["rank"] * len(variant.inputs))
        except Exception as error:
            errors["run"] = first_line(error)
            return errors
        with session(graph) as sess:
            pairs = list(zip(variant.inputs, tensors))
            feeds = {
                t: for_tensorflow(one.array, one.dtype) for one, t in pairs if not one.variable
            }
            for one, _ in pairs:
                if one.variable == "value":
                    sess.run(one.initializer)
            try:
                sess.run(list(op.outputs) or op, feeds)
            except tf.errors.OpError as error:
                errors["run"] = first_line(error)
    return errors


def can_fetch(tensor):
    """Whether the value of `tensor` can leave the session."""
    return tensor.dtype.base_dtype not in (tf.resource, tf.variant)


def is_differentiable(dtype):
    """Whether gradients of `dtype` are recorded."""
    return dtype in FLOATING or dtype in COMPLEX


def add_gradients(variant, op, tensors):
    """({differentiable input: its gradient or None}, {output: placeholder of its weights})."""
    wanted = variant.case["gradient"]
    names = [t.dtype.base_dtype.name for t in op.outputs]
    chosen = range(len(names)) if wanted is True else wanted
    chosen = [k for k in chosen if is_differentiable(names[k])]
    xs = [k for k, i in enumerate(variant.inputs) if is_differentiable(i.dtype) and not i.variable]
    if not chosen or not xs:
        return {}, {}
    given = {k: tf.placeholder(op.outputs[k].dtype.base_dtype, op.outputs[k].shape) for k in chosen}
    ys = [op.outputs[k] for k in chosen]
    gradients = tf.gradients(ys, [tensors[k] for k in xs], list(given.values()))
    dense = [None if d is None else tf.convert_to_tensor(d) for d in gradients]
    return dict(zip(xs, dense)), given


def recorded_attr(value, store):
    """A JSON attr; the array of a tensor goes into the store."""
    if isinstance(value, dict):
        return {"tensor": store.add(as_array(value, value["dtype"]), value["dtype"])}
    return value


def describe(variant, store):
    """The part of a record that says what was asked."""
    inputs = []
    for one in variant.inputs:
        entry = store.add(one.array, one.dtype) if one.variable != "uninitialized" else None
        if one.variable:
            entry = {"variable": entry, "dtype": one.dtype, "shape": list(one.array.shape)}
        inputs.append(entry)
    return {
        "case": variant.case["name"],
        "dtypes": variant.dtypes,
        "attrs": {a: recorded_attr(v, store) for a, v in variant.attrs.items()},
        "inputs": [
            [inputs[k] for k in g] if isinstance(g, list) else inputs[g] for g in variant.groups
        ],
    }


def zeros_like(value):
    """What stands for a random `value`."""
    value = np.asarray(value)
    return np.full(value.shape, b"", object) if value.dtype == object else np.zeros_like(value)


def run_variant(variant, store, with_gradients):
    """Outputs, variables afterwards and, if asked for, gradients.

    A graph and a session for each: one node without a kernel makes its whole session unusable.
    """
    is_random = variant.case.get("values") is False
    record = {"random": True} if is_random else {}
    with tf.Graph().as_default() as graph, tf.device(CPU):
        op, tensors = variant.build(variant.constants())
        gradients, given = add_gradients(variant, op, tensors) if with_gradients else ({}, {})
        variables = [i for i in variant.inputs if i.variable]
        with session(graph) as sess:
            sess.run([i.initializer for i in variables if i.variable == "value"])
            outputs = [t for t in op.outputs if can_fetch(t)]
            values = dict(zip(outputs, sess.run(outputs or [op])))
            if is_random:
                values = {t: zeros_like(value) for t, value in values.items()}
            record["outputs"] = [
                store.add(values[t], t.dtype.base_dtype.name) if t in values else None
                for t in op.outputs
            ]
            if variables:
                after = sess.run([i.reader for i in variables])
                record["after"] = [store.add(value, i.dtype) for value, i in zip(after, variables)]
            if given:
                feeds = {}
                record["weights"] = {}
                for k, placeholder in given.items():
                    dtype = placeholder.dtype.name
                    array = weights(values[op.outputs[k]].shape, dtype)
                    feeds[placeholder] = for_tensorflow(array, dtype)
                    record["weights"][str(k)] = store.add(array, dtype)
                known = {k: d for k, d in gradients.items() if d is not None}
                values = sess.run(known, feeds)
                record["gradients"] = {
                    str(k): None if d is None else store.add(values[k], d.dtype.base_dtype.name)
                    for k, d in gradients.items()
                }
    return record


def record_variant(variant, store):
    """Everything about a case that doesn't fail."""
    record = describe(variant, store)
    if variant.case.get("gradient"):
        try:
            record.update(run_variant(variant, store, True))
            return record
        except (LookupError, ValueError, TypeError, tf.errors.OpError) as error:
            if not is_refusal(error):
                record["gradient_error"] = first_line(error)
    try:
        record.update(run_variant(variant, store, False))
    except tf.errors.OpError as error:
        if not is_refusal(error):
            raise
        record = dict(describe(variant, store), refused=True)
    return record


def wrong_dtype(schema, op_type, variants):
    """What a dtype that the schema forbids leads to, at the first input that forbids one."""
    for variant in variants:
        for arg, group in zip(schema.inputs, variant.groups):
            if arg.is_ref or isinstance(group, list) or arg.type_list_attr:
                continue
            if arg.type in (types_pb2.DT_RESOURCE, types_pb2.DT_VARIANT):
                continue
            allowed = schema.allowed(arg.type_attr) if arg.type_attr else dtype_names([arg.type])
            wrong = next(
                (d for d in ("string", "bool", "float32", "int32") if d not in allowed), None
            )
            if wrong is None:
                continue
            with tf.Graph().as_default(), tf.device(CPU):
                variant.inputs[group] = Input(wrong, as_array({"empty": [0]}, wrong))
                try:
                    variant.build(["value"] * len(variant.inputs))
                except Exception as error:
                    return {"input": group, "dtype": wrong, "error": first_line(error)}
    return None


def record_op(op_type):
    """Write the recording of `op_type`; its size in bytes and number of records."""
    source = (OPS / (op_type + ".json")).read_bytes()
    cases = json.loads(source.decode("utf-8"))
    cases = cases["cases"] if isinstance(cases, dict) else cases
    schema, store = Schema(op_type), Store()
    records, problems, fine = [], [], []
    for k, case in enumerate(cases):
        case = dict(case, name=str(case.get("name", k)))
        is_first = case.get("static", True)
        for dtypes in schema.variants(case):
            try:
                variant = Variant(schema, op_type, case, dtypes)
                if case.get("error"):
                    records.append(describe(variant, store))
                    records[-1]["errors"] = record_errors(variant)
                    if not records[-1]["errors"]:
                        raise Problem("doesn't fail")
                    if any(is_refusal(line) for _, line in records[-1]["errors"].values()):
                        records[-1]["refused"] = bool(records[-1].pop("errors"))
                    continue
                records.append(record_variant(variant, store))
                fine.append(variant)
                if is_first:
                    records[-1]["static"] = static_shapes(variant)
                    is_first = False
            except Exception as error:
                if not isinstance(error, (Problem, tf.errors.OpError)) and not problems:
                    problems.append(traceback.format_exc(limit=-3))
                words = [case["name"], *dtypes.values(), *first_line(error)]
                problems.append(" ".join(words))
    if problems:
        raise Problem("\n".join(problems[:12]))
    meta = {
        "op": op_type,
        "tensorflow": tf.__version__,
        "source": hashlib.sha256(source).hexdigest(),
        "cases": records,
        "wrong_dtype": wrong_dtype(schema, op_type, fine[:1]),
    }
    path = OPS / (op_type + ".npz")
    store.write(path, meta)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise Problem(f"{size} bytes: more than {MOST_BYTES}")
    main = schema.main_type_attr()
    refused = sorted({r["dtypes"].get(main, "") for r in records if "refused" in r})
    line = f"{size} bytes, {len(records)} records"
    if refused:
        line += ", refused with " + " ".join(refused)
    for words in sorted({" ".join(r["gradient_error"]) for r in records if "gradient_error" in r}):
        line += "\n    no gradient: " + words
    return line


def is_stale(op_type):
    """Whether the recording doesn't belong to the JSON file as it is."""
    recording = OPS / (op_type + ".npz")
    if not recording.exists():
        return True
    with np.load(str(recording)) as arrays:
        meta = json.loads(arrays["meta"].tobytes().decode("utf-8"))
    return meta["source"] != hashlib.sha256((OPS / (op_type + ".json")).read_bytes()).hexdigest()


def record_in_child(op_type):
    """Record in a process of its own, which a failed CHECK ends; whether all is well."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            print(f"{op_type}: {record_op(op_type)}", flush=True)
            status = 0
        except Problem as problem:
            print(f"{op_type}: PROBLEM\n{problem}", flush=True)
        except BaseException:
            print(f"{op_type}: PROBLEM\n{traceback.format_exc()}", flush=True)
        finally:
            sys.stdout.flush()
            os._exit(status)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        print(f"{op_type}: PROBLEM\nended by signal {os.WTERMSIG(status)}", flush=True)
    return status == 0


def main():
    """Record the ops that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("ops", nargs="*", metavar="OP", help="default: all that have a JSON file")
    parser.add_argument("--stale", action="store_true", help="only those out of date")
    options = parser.parse_args()
    tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
    op_types = options.ops or sorted(path.stem for path in OPS.glob("*.json"))
    if options.stale:
        op_types = [op_type for op_type in op_types if is_stale(op_type)]
    if any("BlockCell" in op_type for op_type in op_types):
        importlib.import_module("tensorflow.contrib.rnn")  # registers these gradients
    for op_type in op_types:  # TensorFlow loads its op list lazily: do it once, before the forks
        Schema(op_type)
    failed = [op_type for op_type in op_types if not record_in_child(op_type)]
    if failed:
        print("{} of {} failed: {}".format(len(failed), len(op_types), " ".join(failed)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
