"""The values of golden cases, from JSON to arrays to an npz (see record_golden.py)."""

import json
import zipfile

import numpy as np

FLOATING = ["float16", "bfloat16", "float32", "float64"]
SIGNED = ["int8", "int16", "int32", "int64"]
UNSIGNED = ["uint8", "uint16", "uint32", "uint64"]
COMPLEX = ["complex64", "complex128"]
QUANTIZED = ["qint8", "quint8", "qint16", "quint16", "qint32"]
OTHER = ["bool", "string"]
EVERY = FLOATING + SIGNED + UNSIGNED + COMPLEX + QUANTIZED + OTHER
GROUPS = {
    "floating": FLOATING,
    "signed": SIGNED,
    "unsigned": UNSIGNED,
    "integer": SIGNED + UNSIGNED,
    "complex": COMPLEX,
    "quantized": QUANTIZED,
    "real": FLOATING + SIGNED + UNSIGNED,
    "numeric": FLOATING + SIGNED + UNSIGNED + COMPLEX,
    "all": EVERY,
}
SYMBOLS = {"max", "min", "tiny", "denormal", "eps"}


class Problem(Exception):
    """A case says something else than TensorFlow does."""


def flatten(value):
    """The scalars of a nested list, and its shape."""
    if not isinstance(value, list):
        return [value], []
    parts = [flatten(part) for part in value]
    shapes = {tuple(shape) for _, shape in parts} or {()}
    if len(shapes) > 1:
        raise Problem(f"a ragged list: {value}")
    return [scalar for part, _ in parts for scalar in part], [len(value), *shapes.pop()]


def base_of(dtype):
    """The NumPy dtype that holds the values of the dtype called `dtype`."""
    if dtype == "bfloat16":
        return np.dtype(np.uint16)
    if dtype in QUANTIZED:
        return np.dtype(dtype[1:])
    return np.dtype(object if dtype == "string" else dtype)


def limits(dtype, symbol):
    """The number that `symbol` stands for in `dtype`."""
    if dtype in COMPLEX:
        dtype = "float32" if dtype == "complex64" else "float64"
    if dtype == "bfloat16":
        table = {"max": 0x7F7F, "min": 0xFF7F, "tiny": 0x0080, "denormal": 0x0001, "eps": 0x3C00}
        return float((np.array([table[symbol]], np.uint32) << 16).view(np.float32)[0])
    if dtype in FLOATING:
        info = np.finfo(dtype)
        least = np.nextafter(np.array(0, dtype), np.array(1, dtype))
        table = {
            "max": info.max,
            "min": info.min,
            "tiny": info.tiny,
            "denormal": least,
            "eps": info.eps,
        }
        return float(table[symbol])
    if dtype == "bool":
        return 1
    info = np.iinfo(base_of(dtype))
    return {"max": int(info.max), "min": int(info.min)}.get(symbol, 0)


def to_bfloat16(numbers):
    """The float32 array `numbers` rounded to nearest, ties to even, as the upper halves."""
    bits = numbers.view(np.uint32).astype(np.uint64)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    return np.where(np.isnan(numbers), np.uint16(0x7FC0), rounded)


def number(value, dtype):
    """One JSON scalar as a Python number that `dtype` can hold."""
    if isinstance(value, str):
        sign = -1 if value.startswith("-") and value[1:] in SYMBOLS else 1
        name = value[1:] if sign < 0 else value
        value = sign * limits(dtype, name) if name in SYMBOLS else complex(value)
    if dtype in COMPLEX:
        return complex(value)
    if isinstance(value, complex):
        value = value.real
    if dtype == "bool":
        return value != 0
    if dtype in FLOATING:
        return float(value)
    info = np.iinfo(base_of(dtype))
    if isinstance(value, float):
        if value != value:
            return 0
        value = int(max(min(value, 2.0**70), -(2.0**70)))
    return int(max(min(value, int(info.max)), int(info.min)))


def as_array(value, dtype):
    """A JSON value as an array over `base_of(dtype)`."""
    if isinstance(value, dict):
        if "value" in value:
            return as_array(value["value"], dtype)
        shape = value.get("shape", value.get("ramp", value.get("noise", value.get("empty"))))
        size = int(np.prod(shape, dtype=np.int64))
        if "linspace" in value:
            scalars = np.linspace(value["linspace"][0], value["linspace"][1], size).tolist()
        elif "ramp" in value:
            scalars = [value.get("start", 0) + value.get("step", 1) * k for k in range(size)]
            if "mod" in value:
                scalars = [scalar % value["mod"] for scalar in scalars]
        elif "noise" in value:
            normal = np.random.RandomState(value.get("seed", 0)).standard_normal(size)
            scalars = (np.round(normal * value.get("scale", 1) * 64) / 64).tolist()
        elif "full" in value:
            scalars = [value["full"]] * size
        elif "empty" in value:
            scalars = []
        else:
            raise Problem(f"no such value: {value}")
    else:
        scalars, shape = flatten(value)
    if dtype == "string":
        flat = np.array([str(scalar).encode("utf-8") for scalar in scalars] + [None], object)[:-1]
        return flat.reshape(shape)
    numbers = [number(scalar, dtype) for scalar in scalars]
    with np.errstate(all="ignore"):
        if dtype == "bfloat16":
            return to_bfloat16(np.array(numbers, np.float32)).reshape(shape)
        return np.array(numbers, base_of(dtype)).reshape(shape)


def weights(shape, dtype):
    """The gradient of an output: small numbers of both signs, never 0, exact in every dtype."""
    count = int(np.prod(shape, dtype=np.int64))
    flat = [((7 * k + 3) % 11 - 5.5) / 8 for k in range(count)]
    if dtype in COMPLEX:
        flat = [complex(one, -other) for one, other in zip(flat, flat[1:] + flat[:1])]
    if dtype == "bfloat16":
        return to_bfloat16(np.array(flat, np.float32)).reshape(shape)
    return np.array(flat, base_of(dtype)).reshape(shape)


class Store:
    """The recorded arrays of one op: each distinct one is kept once."""

    def __init__(self):
        self.flat = {}
        self.sizes = {}
        self.table = []
        self.numbers = {}

    def add(self, array, dtype):
        """The number of `array` (over `base_of(dtype)`) in the table."""
        # Text as objects: NumPy's own strings lose the zeros at their end.
        array = np.asarray(array, object if dtype == "string" else None)
        if dtype == "string":
            contents = json.dumps([scalar.decode("latin-1") for scalar in array.ravel().tolist()])
        else:
            if array.dtype != base_of(dtype):
                array = np.ascontiguousarray(array).view(base_of(dtype)).reshape(array.shape)
            contents = array.tobytes()
        key = (dtype, array.shape, contents)
        if key not in self.numbers:
            self.numbers[key] = len(self.table)
            if dtype == "string":
                self.table.append([dtype, list(array.shape), json.loads(contents)])
            else:
                start = self.sizes.get(dtype, 0)
                self.table.append([dtype, list(array.shape), start])
                self.flat.setdefault(dtype, []).append(array.ravel())
                self.sizes[dtype] = start + array.size
        return self.numbers[key]

    def write(self, path, meta):
        """Write the npz: the same bytes for the same contents."""
        meta = dict(meta, arrays=self.table)
        text = json.dumps(meta, separators=(",", ":"), sort_keys=True).encode("utf-8")
        entries = {"meta": np.frombuffer(text, np.uint8)}
        entries.update({dtype: np.concatenate(parts) for dtype, parts in self.flat.items()})
        with zipfile.ZipFile(str(path), "w") as archive:
            for name, array in sorted(entries.items()):
                info = zipfile.ZipInfo(name + ".npy", date_time=(1980, 1, 1, 0, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(info, "w") as stream:
                    np.lib.format.write_array(stream, array, allow_pickle=False)
