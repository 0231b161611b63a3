"""The attr part of a schema: REGISTER_OP's attr grammar, and checking of attr values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evergraph.core import dtypes, shapes
from evergraph.graph.scopes import get_default_graph

_BASES = ("string", "int", "float", "bool", "type", "shape", "tensor", "func")

# What REGISTER_OP calls a type -> DType; `double` and `half` are its words, not Python's.
_TYPE_WORDS = {
    "half": dtypes.float16,
    "float": dtypes.float32,
    "double": dtypes.float64,
}


class Required:
    """The default of an attr that has none."""

    def __repr__(self) -> str:
        return "required"


REQUIRED = Required()


@dataclass(frozen=True, slots=True)
class AttrDef:
    """One attr of a schema.

    Attributes:
        name: the attr's name.
        kind: "int", "list(type)" ... as in an OpDef.
        default: plain Python default, or REQUIRED.
        allowed: permitted values (DTypes or bytes), or None for all.
        minimum: least value of an int, or least length of a list; None for no bound.
    """

    name: str
    kind: str
    default: Any = REQUIRED
    allowed: tuple[Any, ...] | None = None
    minimum: int | None = None

    @property
    def is_list(self) -> bool:
        """Whether values are lists."""
        return self.kind.startswith("list(")

    @property
    def base(self) -> str:
        """The kind of one element."""
        return self.kind[5:-1] if self.is_list else self.kind


def type_named(word: str) -> dtypes.DType:
    """The DType that REGISTER_OP spells `word`: "half", "DT_INT32", "resource" ..."""
    word = word.strip()
    word = word[3:].lower() if word.startswith("DT_") else word
    return _TYPE_WORDS.get(word) or dtypes.as_dtype(word)


def parse_attr(name: str, spec: Any) -> AttrDef:
    """Read one attr spec.

    Args:
        name: the attr's name.
        spec: REGISTER_OP's words after the colon ("int >= 1", "list(type)", "{'SAME', 'VALID'}",
            "bool = false"), a tuple of DTypes (a type attr restricted to these), or a pair of a
            tuple and a default.
    """
    if isinstance(spec, AttrDef):
        return spec
    if isinstance(spec, tuple):
        if len(spec) == 2 and isinstance(spec[0], tuple):
            return AttrDef(name, "type", spec[1], spec[0])
        return AttrDef(name, "type", REQUIRED, spec)
    text, default = str(spec).strip(), REQUIRED
    head, separator, tail = _split_default(text)
    minimum: int | None = None
    match = re.match(r"^(.*?)\s*>=\s*(-?\d+)$", head)
    if match:
        head, minimum = match.group(1), int(match.group(2))
    kind, allowed = _parse_kind(head)
    attr = AttrDef(name, kind, default, allowed, minimum)
    if separator:
        attr = AttrDef(name, kind, _parse_default(attr, tail), allowed, minimum)
    return attr


def _split_default(text: str) -> tuple[str, str, str]:
    match = re.match(r"^(.*?)\s*(?<![<>])=(?!=)\s*(.*)$", text)
    if not match:
        return text, "", ""
    return match.group(1).strip(), "=", match.group(2).strip()


def _parse_kind(text: str) -> tuple[str, tuple[Any, ...] | None]:
    text = text.strip()
    if text.startswith("list("):
        kind, allowed = _parse_kind(text[5:-1])
        return f"list({kind})", allowed
    if text == "numbertype":
        return "type", dtypes.NUMERIC
    if text == "realnumbertype":
        return "type", dtypes.REAL_NUMERIC
    if text == "quantizedtype":
        return "type", dtypes.QUANTIZED
    if text.startswith("{"):
        items = [item.strip() for item in text[1:-1].split(",")]
        if items[0][0] in "'\"":
            return "string", tuple(item[1:-1].encode() for item in items)
        return "type", tuple(type_named(item) for item in items)
    if text not in _BASES:
        raise ValueError(f"unknown attr kind {text!r}")
    return text, None


def _parse_default(attr: AttrDef, text: str) -> Any:
    if attr.is_list:
        inner = text.strip()[1:-1].strip()
        element = AttrDef(attr.name, attr.base)
        return [_parse_default(element, item) for item in inner.split(",")] if inner else []
    match attr.kind:
        case "int":
            return int(text)
        case "float":
            return float(np.float32(text))
        case "bool":
            return text == "true"
        case "string":
            return text[1:-1].encode().decode("unicode_escape").encode("latin-1")
        case "type":
            return type_named(text)
        case "shape":
            return shapes.TensorShape(None) if "unknown_rank" in text else shapes.TensorShape([])
    raise ValueError(f"no text form for a default of kind {attr.kind}")


def check_attr(op_type: str, attr: AttrDef, value: Any) -> Any:
    """`value` in the plain form of `attr`'s kind.

    Raises:
        TypeError: wrong kind of value.
        ValueError: a value that the schema doesn't allow.
    """
    if attr.is_list:
        if not isinstance(value, list | tuple | np.ndarray | shapes.TensorShape):
            raise TypeError(f"Expected list for attr {attr.name}")
        if attr.minimum is not None and len(value) < attr.minimum:
            raise ValueError(
                f"Attr '{attr.name}' of '{op_type}' Op passed list of length {len(value)} "
                f"less than minimum {attr.minimum}."
            )
        return [_plain(op_type, attr, item) for item in value]
    plain = _plain(op_type, attr, value)
    if attr.minimum is not None and attr.kind == "int" and plain < attr.minimum:
        raise ValueError(
            f"Attr '{attr.name}' of '{op_type}' Op passed {plain} less than minimum {attr.minimum}."
        )
    return plain


def _plain(op_type: str, attr: AttrDef, value: Any) -> Any:
    match attr.base:
        case "string":
            return _plain_string(op_type, attr, value)
        case "int":
            return _plain_int(attr, value)
        case "float":
            try:
                return float(np.float32(value))  # an attr holds 32 bits
            except (TypeError, ValueError):
                raise TypeError(
                    f"Expected float for argument '{attr.name}' not {value!r}."
                ) from None
        case "bool":
            if not isinstance(value, bool | np.bool_):
                raise TypeError(f"Expected bool for argument '{attr.name}' not {value!r}.")
            return bool(value)
        case "type":
            try:
                dtype = dtypes.as_dtype(value).base_dtype
            except TypeError:
                raise TypeError(
                    f"Expected DataType for argument '{attr.name}' not {value!r}."
                ) from None
            check_allowed(op_type, attr, dtype)
            return dtype
        case "shape":
            try:
                return shapes.as_shape(value)
            except (TypeError, ValueError) as error:
                raise type(error)(
                    f"Error converting {attr.name} to a TensorShape: {error}."
                ) from None
        case "tensor":
            return value if isinstance(value, np.ndarray) else np.asarray(value)
        case "func":
            return function_name(attr, value)
    return value


def _plain_string(op_type: str, attr: AttrDef, value: Any) -> bytes:
    if not isinstance(value, str | bytes):
        raise TypeError(f"Expected string for argument '{attr.name}' not {value!r}.")
    plain = value.encode() if isinstance(value, str) else value
    if attr.allowed is not None and plain not in attr.allowed:
        options = '", "'.join(option.decode() for option in attr.allowed)
        raise ValueError(
            f"Attr '{attr.name}' of '{op_type}' Op passed string '{plain.decode()}' not in: "
            f'"{options}".'
        )
    return plain


def _plain_int(attr: AttrDef, value: Any) -> int:
    if isinstance(value, str | bytes):
        raise TypeError(f"Expected int for argument '{attr.name}' not {value!r}.")
    try:
        return int(value)
    except (TypeError, ValueError):
        raise TypeError(f"Expected int for argument '{attr.name}' not {value!r}.") from None


def check_allowed(op_type: str, attr: AttrDef, dtype: dtypes.DType, parameter: str = "") -> None:
    """Raise TypeError unless type attr `attr` may be `dtype`."""
    if attr.allowed is None or dtype.base_dtype in attr.allowed:
        return
    names = ", ".join(allowed.name for allowed in attr.allowed)
    raise TypeError(
        f"Value passed to parameter '{parameter or attr.name}' has DataType {dtype.name} "
        f"not in list of allowed values: {names}"
    )


def parse_attrs(attrs: dict[str, Any]) -> dict[str, AttrDef]:
    """Read all attr specs of a schema."""
    return {name: parse_attr(name, spec) for name, spec in attrs.items()}


@dataclass(frozen=True, slots=True)
class FunctionName:
    """The value of a func attr: a function of the graph's library, and attrs to call it with."""

    name: str
    attrs: dict[str, Any] = field(default_factory=dict)

    @property
    def attr(self) -> dict[str, Any]:
        """The attrs, as a NameAttrList message calls them."""
        return self.attrs


def function_name(attr: AttrDef, value: Any) -> FunctionName:
    """The plain form of a func attr's value; a function joins the library of the default graph.

    Args:
        attr: the attr, for messages.
        value: a name, a NameAttrList message, or a function that has `add_to_graph` and `name`.

    Raises:
        TypeError: `value` is none of these.
    """
    if isinstance(value, FunctionName):
        return value
    if isinstance(value, str | bytes):
        return FunctionName(value.decode() if isinstance(value, bytes) else value)
    if hasattr(value, "add_to_graph"):
        value.add_to_graph(get_default_graph())
        return FunctionName(value.name)
    if hasattr(value, "SerializeToString") and hasattr(value, "name"):
        return FunctionName(value.name, dict(value.attr))
    raise TypeError(f"Expected a function for argument '{attr.name}' not {value!r}.")
