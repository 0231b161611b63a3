"""TensorFlow 1.15.5 as record_golden.py sees it: schemas, values, adding an operation."""

import itertools
import os
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from golden_values import EVERY, GROUPS, QUANTIZED, as_array  # noqa: E402
from tensorflow.contrib.seq2seq.python.ops import beam_search_ops  # noqa: E402, F401  # GatherTree
from tensorflow.core.framework import op_def_pb2, types_pb2  # noqa: E402
from tensorflow.python.framework import op_def_library, op_def_registry  # noqa: E402


def for_tensorflow(array, dtype):
    """`array`, which is over `base_of(dtype)`, as TensorFlow wants to be fed."""
    if dtype == "bfloat16" or dtype in QUANTIZED:
        return (
            np.ascontiguousarray(array).view(tf.as_dtype(dtype).as_numpy_dtype).reshape(array.shape)
        )
    return array


def dtype_names(numbers):
    """TensorFlow's enum values as the names used here."""
    names = (tf.as_dtype(n).name for n in numbers if n not in (types_pb2.DT_INVALID,))
    return [name for name in names if not name.endswith("_ref")]


class Schema:
    """What the recorder needs of an OpDef."""

    def __init__(self, op_type):
        self.op_def = op_def_registry.get_registered_ops()[op_type]
        self.inputs = list(self.op_def.input_arg)
        self.attrs = {attr.name: attr for attr in self.op_def.attr}
        self.inferred = set()
        for arg in self.inputs:
            self.inferred |= {arg.type_attr, arg.number_attr, arg.type_list_attr} - {""}

    def type_attrs(self):
        """Names of the attrs that are one dtype."""
        return [name for name, attr in self.attrs.items() if attr.type == "type"]

    def main_type_attr(self):
        """The type attr that `dtypes` speaks of."""
        named = [arg.type_attr for arg in self.inputs if arg.type_attr]
        return (named + self.type_attrs() + [None])[0]

    def allowed(self, name):
        """The dtypes that attr `name` may be."""
        listed = dtype_names(self.attrs[name].allowed_values.list.type)
        return listed or EVERY

    def default_dtype(self, name):
        """What attr `name` is when a case doesn't say."""
        attr = self.attrs[name]
        if attr.HasField("default_value"):
            return tf.as_dtype(attr.default_value.type).name
        allowed = self.allowed(name)
        return next((d for d in ("float32", "int32") if d in allowed), allowed[0])

    def expand(self, name, wanted):
        """The dtypes that the case's word for attr `name` means."""
        allowed = self.allowed(name)
        chosen = []
        for word in [wanted] if isinstance(wanted, str) else wanted:
            for dtype in GROUPS.get(word, [word]):
                if (dtype in allowed or word not in GROUPS) and dtype not in chosen:
                    chosen.append(dtype)
        return chosen

    def variants(self, case):
        """One {type attr: dtype} for each variant of `case`."""
        fixed = {a: v for a, v in case.get("attrs", {}).items() if a in self.attrs}
        wanted = case.get("dtypes", {})
        main = self.main_type_attr()
        if not isinstance(wanted, dict):
            wanted = {main: wanted}
        choices = []
        for name in self.type_attrs():
            if name in wanted:
                choices.append([(name, dtype) for dtype in self.expand(name, wanted[name])])
            else:
                choices.append([(name, fixed.get(name) or self.default_dtype(name))])
        return [dict(choice) for choice in itertools.product(*choices)]


def as_attr(attr, value):
    """A JSON attr value as op_def_library takes it."""
    if attr.type == "type":
        return tf.as_dtype(value)
    if attr.type == "list(type)":
        return [tf.as_dtype(one) for one in value]
    if attr.type == "shape":
        return tf.TensorShape(value)
    if attr.type == "list(shape)":
        return [tf.TensorShape(one) for one in value]
    if attr.type == "tensor":
        dtype = value["dtype"]
        return tf.make_tensor_proto(
            for_tensorflow(as_array(value, dtype), dtype), tf.as_dtype(dtype)
        )
    if attr.type == "float" and isinstance(value, str):
        return float(value)
    return value


LIBRARY = op_def_library.OpDefLibrary()
LIBRARY.add_op_list(op_def_pb2.OpList(op=op_def_registry.get_registered_ops().values()))


def default_value(attr):
    """The default of an attr that isn't a dtype, as op_def_library takes it."""
    kind = attr.default_value.WhichOneof("value")
    if kind == "list":
        fields = attr.default_value.list.ListFields()
        return list(fields[0][1]) if fields else []
    if kind in ("shape", "tensor", "type"):
        return as_attr(attr, getattr(attr.default_value, kind)) if kind != "tensor" else None
    return getattr(attr.default_value, kind)


def apply(op_type, **arguments):
    """Add an operation to the default graph; its outputs as op_def_library gives them."""
    schema = Schema(op_type)
    for name, attr in schema.attrs.items():
        if name not in arguments and name not in schema.inferred and attr.HasField("default_value"):
            arguments[name] = default_value(attr)
    return LIBRARY.apply_op(op_type, **arguments)
