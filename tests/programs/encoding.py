"""Results of programs as JSON values, and what differs between two of them.

Arrays and NumPy scalars keep dtype and shape; tensors, operations, variables, dtypes, shapes and
exceptions become what a user can see of them. Runs under Python 3.7 too.
"""

import math
import re

import numpy as np


def encode(value, tf):
    """`value` as nested lists and dicts that JSON can hold; `tf` says what a Tensor is."""
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, bytes):
        return {"bytes": value.decode("latin-1")}
    if isinstance(value, BaseException):
        return _error(value)
    if isinstance(value, np.ndarray):
        values = [_element(item, tf) for item in value.reshape(-1)]
        return {"array": value.dtype.name, "shape": list(value.shape), "values": values}
    if isinstance(value, np.generic):
        return {"scalar": value.dtype.name, "value": _element(value, tf)}
    for kind, spell in _KINDS.items():
        cls = getattr(tf, kind, None)
        if cls is not None and isinstance(value, cls):
            return spell(value, tf)
    if isinstance(value, dict):
        return {"dict": [[encode(key, tf), encode(item, tf)] for key, item in value.items()]}
    if isinstance(value, tuple):
        fields = getattr(value, "_fields", None)
        if fields is None:
            return {"tuple": [encode(item, tf) for item in value]}
        items = [encode(item, tf) for item in value]
        return {"namedtuple": type(value).__name__, "fields": list(fields), "items": items}
    if isinstance(value, (list, set, frozenset, range)):
        ordered = value if isinstance(value, (list, range)) else sorted(value)
        return [encode(item, tf) for item in ordered]
    return {"object": type(value).__name__}


_NUMPY_REPR = re.compile(r"np\.(?:\w+)\(([^()]*)\)")
_PLAIN = (bool, int, float, str)


def _element(item, tf):
    if isinstance(item, (np.complexfloating, complex)):
        return [float(item.real), float(item.imag)]
    if isinstance(item, (bool, np.bool_)):
        return bool(item)
    if isinstance(item, (int, np.integer)):
        return int(item)
    if isinstance(item, (bytes, str)) or type(item).__name__ == "bytes_":
        return encode(item if type(item) in (bytes, str) else bytes(item), tf)
    try:
        return float(item)
    except (TypeError, ValueError):
        return encode(item, tf)


def _error(error):
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    text = _NUMPY_REPR.sub(r"\1", text)  # NumPy 2 shows np.float32(1.5) where 1.x shows 1.5
    names = [cls.__name__ for cls in type(error).__mro__]
    return {"error": names[0], "line": text.split("\n")[0], "classes": names}


def _shape(shape):
    return None if shape.ndims is None else shape.as_list()


def _tensor(value, tf):
    kind = {"tensor": value.name, "op": value.op.type}
    return dict(kind, dtype=value.dtype.name, shape=_shape(value.get_shape()))


def _slices(value, tf):
    parts = [value.values, value.indices, value.dense_shape]
    return {"IndexedSlices": [encode(part, tf) for part in parts]}


def _sparse(value, tf):
    parts = [value.indices, value.values, value.dense_shape]
    return {"SparseTensor": [encode(part, tf) for part in parts]}


def _variable(value, tf):
    if hasattr(value, "_get_variable_list") or not hasattr(value, "op"):  # partitioned
        return {"partitioned": value.name, "shape": value.get_shape().as_list()}
    shape = _shape(value.get_shape())
    return {"variable": value.name, "dtype": value.dtype.name, "shape": shape, "op": value.op.type}


_KINDS = {
    "DType": lambda value, tf: {"dtype": value.name},
    "TensorShape": lambda value, tf: {"TensorShape": _shape(value)},
    "Dimension": lambda value, tf: {"Dimension": value.value},
    "Variable": _variable,
    "Tensor": _tensor,
    "Operation": lambda value, tf: {"operation": value.name, "op": value.type},
    "IndexedSlices": _slices,
    "SparseTensor": _sparse,
}


def differences(want, got, program, path="result"):
    """Lines that say where `got` differs from the recorded `want`; empty when they agree."""
    if isinstance(want, dict) and isinstance(got, dict):
        if "error" in want and "error" in got:
            return _error_differences(want, got, program, path)
        if want.keys() != got.keys():
            return [f"{path}: want {_brief(want)}, got {_brief(got)}"]
        if "array" in want or "scalar" in want:
            head = [key for key in want if key not in ("values", "value") and want[key] != got[key]]
            if head:
                return [f"{path}: want {_brief(want)}, got {_brief(got)}"]
        keys = list(want)
        return [d for k in keys for d in differences(want[k], got[k], program, f"{path}.{k}")]
    if isinstance(want, list) and isinstance(got, list):
        if len(want) != len(got):
            return [_length_difference(want, got, path)]
        pairs = enumerate(zip(want, got))
        return [d for i, (a, b) in pairs for d in differences(a, b, program, f"{path}[{i}]")]
    if isinstance(want, float) and isinstance(got, float):
        same = _is_close(want, got, program)
    else:
        same = type(want) is type(got) and want == got
    return [] if same else [f"{path}: want {_brief(want)}, got {_brief(got)}"]


def _length_difference(want, got, path):
    pairs = enumerate(zip(want, got))
    at = next((i for i, (a, b) in pairs if a != b), min(len(want), len(got)))
    first = f"first difference at [{at}]: want {_brief(want[at : at + 1])}"
    return (
        f"{path}: want {len(want)} items, got {len(got)}; {first}, got {_brief(got[at : at + 1])}"
    )


def _error_differences(want, got, program, path):
    found = []
    if want["error"] not in got["classes"]:
        found.append(f"{path}: want {want['error']}: {want['line']}")
        found.append(f"{path}: got  {got['error']}: {got['line']}")
    elif not program.class_only and want["line"] != got["line"]:
        found.append(f"{path}: want line {want['line']!r}")
        found.append(f"{path}: got  line {got['line']!r}")
    return found


def _is_close(want, got, program):
    if math.isnan(want) or math.isnan(got):
        return math.isnan(want) and math.isnan(got)
    return math.isclose(want, got, rel_tol=program.rtol, abs_tol=program.atol)


def _brief(value):
    text = repr(value)
    return text if len(text) <= 300 else text[:300] + " ..."
