"""Nested structures: lists, tuples, namedtuples, dicts and attrs classes of anything.

Dicts are walked in the order of their sorted keys. With `expand_composites`, values that are made
of several tensors (IndexedSlices, SparseTensor) are walked too.

Reference: TensorFlow 1.15, tensorflow/python/util/nest.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

# Classes whose instances are made of tensors: class -> (parts of an instance, instance from parts).
_composites: dict[type, tuple[Callable[[Any], list[Any]], Callable[[Any, list[Any]], Any]]] = {}


def register_composite(
    kind: type, parts: Callable[[Any], list[Any]], rebuild: Callable[[Any, list[Any]], Any]
) -> None:
    """Let `expand_composites` walk into instances of `kind`."""
    _composites[kind] = (parts, rebuild)


def _composite(
    value: Any,
) -> tuple[Callable[[Any], list[Any]], Callable[[Any, list[Any]], Any]] | None:
    return next((pair for kind, pair in _composites.items() if isinstance(value, kind)), None)


def _is_attrs(value: Any) -> bool:
    return getattr(type(value), "__attrs_attrs__", None) is not None


def _is_namedtuple(value: Any) -> bool:
    return isinstance(value, tuple) and hasattr(value, "_fields")


def is_sequence(seq: Any) -> bool:
    """Whether `seq` is a structure rather than a leaf; text is a leaf."""
    if isinstance(seq, str | bytes):
        return False
    return (isinstance(seq, Sequence | Mapping) and not _is_leaf_sequence(seq)) or _is_attrs(seq)


def _is_leaf_sequence(value: Any) -> bool:
    return isinstance(value, range | memoryview | bytearray) or hasattr(value, "__array__")


def is_nested(seq: Any) -> bool:
    """Another name of `is_sequence`."""
    return is_sequence(seq)


def is_sequence_or_composite(seq: Any) -> bool:
    """Whether `seq` is a structure, or made of several tensors."""
    return is_sequence(seq) or _composite(seq) is not None


def _sorted_keys(mapping: Mapping[Any, Any]) -> list[Any]:
    try:
        return sorted(mapping)
    except TypeError:
        raise TypeError("nest only supports dicts with sortable keys.") from None


def _children(structure: Any, expand: bool) -> list[Any]:
    if isinstance(structure, Mapping):
        return [structure[key] for key in _sorted_keys(structure)]
    if _is_attrs(structure):
        return [getattr(structure, a.name) for a in type(structure).__attrs_attrs__]
    if expand:
        pair = _composite(structure)
        if pair is not None:
            return pair[0](structure)
    return list(structure)


def _is_inner(structure: Any, expand: bool) -> bool:
    return is_sequence(structure) or (expand and _composite(structure) is not None)


def _like(structure: Any, children: Sequence[Any]) -> Any:
    """An instance of the type of `structure` with other children."""
    if isinstance(structure, Mapping):
        by_key = dict(zip(_sorted_keys(structure), children, strict=True))
        ordered = [(key, by_key[key]) for key in structure]
        if hasattr(structure, "default_factory"):
            return type(structure)(structure.default_factory, ordered)  # type: ignore[call-arg]  # defaultdict
        return type(structure)(ordered)  # type: ignore[call-arg]  # a dict-like class
    if _is_namedtuple(structure) or _is_attrs(structure):
        return type(structure)(*children)
    pair = _composite(structure)
    if pair is not None:
        return pair[1](structure, list(children))
    return type(structure)(children)


def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """The leaves of `structure` in order; `[structure]` for a leaf."""
    if structure is None:
        return [None]
    result: list[Any] = []
    _flatten_into(structure, expand_composites, result)
    return result


def _flatten_into(structure: Any, expand: bool, result: list[Any]) -> None:
    if _is_inner(structure, expand):
        for child in _children(structure, expand):
            _flatten_into(child, expand, result)
    else:
        result.append(structure)


def pack_sequence_as(
    structure: Any, flat_sequence: Sequence[Any], expand_composites: bool = False
) -> Any:
    """`flat_sequence` in the form of `structure`.

    Raises:
        TypeError: `flat_sequence` isn't a sequence.
        ValueError: the numbers of leaves differ.
    """
    if not is_sequence(flat_sequence):
        raise TypeError("flat_sequence must be a sequence")
    if not _is_inner(structure, expand_composites):
        if len(flat_sequence) != 1:
            raise ValueError(
                f"Structure is a scalar but len(flat_sequence) == {len(flat_sequence)} > 1"
            )
        return flat_sequence[0]
    count = len(flatten(structure, expand_composites))
    if count != len(flat_sequence):
        raise ValueError(
            f"Could not pack sequence. Structure had {count} elements, but flat_sequence had "
            f"{len(flat_sequence)} elements.  Structure: {structure}, "
            f"flat_sequence: {flat_sequence}."
        )
    return _pack(structure, iter(flat_sequence), expand_composites)


def _pack(structure: Any, leaves: Iterator[Any], expand: bool) -> Any:
    if not _is_inner(structure, expand):
        return next(leaves)
    return _like(structure, [_pack(c, leaves, expand) for c in _children(structure, expand)])


def map_structure(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """Apply `func` to the leaves of structures of one form, in the form of the first.

    Args:
        func: takes as many leaves as there are structures.
        *structure: structures of one form.
        **kwargs: `check_types` (default True): types of sequences must agree too;
            `expand_composites`.

    Raises:
        TypeError: `func` isn't callable, or types differ.
        ValueError: no structure is given, or their forms differ.
    """
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    check_types = kwargs.pop("check_types", True)
    expand = kwargs.pop("expand_composites", False)
    if kwargs:
        names = "`, `".join(kwargs)
        raise ValueError(
            "Only valid keyword arguments are `check_types` and `expand_composites`, not: "
            f"`{names}`"
        )
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check_types, expand)
    flat = [flatten(s, expand) for s in structure]
    return pack_sequence_as(
        structure[0], [func(*leaves) for leaves in zip(*flat, strict=True)], expand
    )


def assert_same_structure(
    nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False
) -> None:
    """Raise unless both structures have the same form.

    Raises:
        ValueError: numbers of elements or nesting differ.
        TypeError: types of sequences differ and `check_types` is set.
    """
    try:
        _assert_same(nest1, nest2, check_types, expand_composites)
    except (ValueError, TypeError) as error:
        first = map_text(nest1, expand_composites)
        second = map_text(nest2, expand_composites)
        raise type(error)(
            f"{error}\nEntire first structure:\n{first}\nEntire second structure:\n{second}"
        ) from None


def map_text(structure: Any, expand_composites: bool = False) -> str:
    """The form of `structure`, with a dot for each leaf."""
    return str(
        _pack(
            structure,
            iter(_Dot() for _ in flatten(structure, expand_composites)),
            expand_composites,
        )
    )


class _Dot:
    def __repr__(self) -> str:
        return "."


def _assert_same(nest1: Any, nest2: Any, check_types: bool, expand: bool) -> None:
    inner1, inner2 = _is_inner(nest1, expand), _is_inner(nest2, expand)
    header = (
        "The two structures don't have the same nested structure.\n\n"
        f"First structure: type={type(nest1).__name__} str={nest1}\n\n"
        f"Second structure: type={type(nest2).__name__} str={nest2}\n\n"
    )
    if inner1 != inner2:
        is_first = inner1
        what = (type(nest1) if is_first else type(nest2)).__name__
        raise ValueError(
            f'{header}More specifically: Substructure "type={what} '
            f'str={nest1 if is_first else nest2}" is a sequence, while substructure '
            f'"type={(type(nest2) if is_first else type(nest1)).__name__} '
            f'str={nest2 if is_first else nest1}" is not'
        )
    if not inner1:
        return
    if check_types:
        _check_types(nest1, nest2, header)
    first, second = _children(nest1, expand), _children(nest2, expand)
    if len(first) != len(second):
        raise ValueError(
            f"{header}More specifically: The two structures don't have the same number of "
            "elements. "
            f"First structure: {nest1}, second structure: {nest2}"
        )
    for a, b in zip(first, second, strict=True):
        _assert_same(a, b, check_types, expand)


def _check_types(nest1: Any, nest2: Any, header: str) -> None:
    if _is_namedtuple(nest1) and _is_namedtuple(nest2):
        if type(nest1).__name__ == type(nest2).__name__ and nest1._fields == nest2._fields:
            return
    elif isinstance(nest1, Mapping) and isinstance(nest2, Mapping):
        if set(nest1) != set(nest2):
            raise ValueError(
                f"{header}The two dictionaries don't have the same set of keys. First structure "
                "has "
                f"keys {list(nest1)}, while second structure has keys {list(nest2)}"
            )
        return
    if type(nest1) is not type(nest2) and not (isinstance(nest1, list) and isinstance(nest2, list)):
        raise TypeError(
            f"{header}The two structures don't have the same sequence type. First structure has "
            "type "
            f"{type(nest1)}, while second structure has type {type(nest2)}"
        )


def flatten_dict_items(dictionary: Mapping[Any, Any]) -> dict[Any, Any]:
    """A dict whose structured keys are paired, leaf by leaf, with their structured values.

    Raises:
        TypeError: not a dict.
        ValueError: a key and its value have different forms, or a leaf key appears twice.
    """
    if not isinstance(dictionary, Mapping):
        raise TypeError("input must be a dictionary")
    flat: dict[Any, Any] = {}
    for key, value in dictionary.items():
        if not is_sequence(key):
            if key in flat:
                raise ValueError(f"Could not flatten dictionary: key {key} is not unique.")
            flat[key] = value
            continue
        keys, values = flatten(key), flatten(value)
        if len(keys) != len(values):
            raise ValueError(
                f"Could not flatten dictionary. Key had {len(keys)} elements, but value had "
                f"{len(values)} elements. Key: {keys}, value: {values}."
            )
        for one, item in zip(keys, values, strict=True):
            if one in flat:
                raise ValueError(f"Could not flatten dictionary: key {one} is not unique.")
            flat[one] = item
    return flat


def flatten_up_to(
    shallow_tree: Any, input_tree: Any, check_types: bool = True, expand_composites: bool = False
) -> list[Any]:
    """The parts of `input_tree` that stand where `shallow_tree` has its leaves."""
    assert_shallow_structure(shallow_tree, input_tree, check_types, expand_composites)
    result: list[Any] = []

    def walk(shallow: Any, given: Any) -> None:
        if not _is_inner(shallow, expand_composites):
            result.append(given)
            return
        if isinstance(shallow, Mapping):
            for key in _sorted_keys(shallow):
                walk(shallow[key], given[key])
            return
        for a, b in zip(
            _children(shallow, expand_composites), _children(given, expand_composites), strict=True
        ):
            walk(a, b)

    walk(shallow_tree, input_tree)
    return result


def assert_shallow_structure(
    shallow_tree: Any, input_tree: Any, check_types: bool = True, expand_composites: bool = False
) -> None:
    """Raise unless `input_tree` begins with the form of `shallow_tree`.

    Raises:
        TypeError: a leaf stands where a sequence should, or types of sequences differ.
        ValueError: numbers of elements or keys differ.
    """
    if not _is_inner(shallow_tree, expand_composites):
        return
    if not _is_inner(input_tree, expand_composites):
        raise TypeError(
            "If shallow structure is a sequence, input must also be a sequence. Input has type: "
            f"{type(input_tree)}."
        )
    is_mapping = isinstance(shallow_tree, Mapping) and isinstance(input_tree, Mapping)
    if check_types and not is_mapping and type(shallow_tree) is not type(input_tree):
        same_name = (
            _is_namedtuple(shallow_tree)
            and _is_namedtuple(input_tree)
            and (type(shallow_tree).__name__ == type(input_tree).__name__)
        )
        if not same_name:
            raise TypeError(
                "The two structures don't have the same sequence type. Input structure has type "
                f"{type(input_tree)}, while shallow structure has type {type(shallow_tree)}."
            )
    if len(input_tree) != len(shallow_tree) if hasattr(input_tree, "__len__") else False:
        raise ValueError(
            "The two structures don't have the same sequence length. Input structure has length "
            f"{len(input_tree)}, while shallow structure has length {len(shallow_tree)}."
        )
    if is_mapping:
        for key in shallow_tree:
            if key not in input_tree:
                raise ValueError(
                    f"The two structures don't have the same keys. Input structure has keys "
                    f"{list(input_tree)}, while shallow structure has keys {list(shallow_tree)}."
                )
            assert_shallow_structure(
                shallow_tree[key], input_tree[key], check_types, expand_composites
            )
        return
    for a, b in zip(
        _children(shallow_tree, expand_composites),
        _children(input_tree, expand_composites),
        strict=True,
    ):
        assert_shallow_structure(a, b, check_types, expand_composites)


def map_structure_up_to(
    shallow_tree: Any, func: Callable[..., Any], *inputs: Any, **kwargs: Any
) -> Any:
    """Apply `func` to the parts of `inputs` that stand where `shallow_tree` has its leaves."""
    if not inputs:
        raise ValueError("Cannot map over no sequences")
    check_types = kwargs.pop("check_types", True)
    expand = kwargs.pop("expand_composites", False)
    flat = [flatten_up_to(shallow_tree, given, check_types, expand) for given in inputs]
    results = [func(*parts) for parts in zip(*flat, strict=True)]
    return pack_sequence_as(shallow_tree, results, expand)


def get_traverse_shallow_structure(
    traverse_fn: Callable[[Any], Any], structure: Any, expand_composites: bool = False
) -> Any:
    """The upper part of `structure` into which `traverse_fn` says to go; False where it stops."""
    go = traverse_fn(structure)
    if not _is_inner(structure, expand_composites):
        if not isinstance(go, bool):
            raise TypeError(f"traverse_fn returned structure: {go} for non-structure: {structure}")
        return go
    children = _children(structure, expand_composites)
    if isinstance(go, bool):
        if not go:
            return False
        return _like(
            structure,
            [get_traverse_shallow_structure(traverse_fn, c, expand_composites) for c in children],
        )
    return _like(
        structure,
        [
            get_traverse_shallow_structure(traverse_fn, c, expand_composites) if g else False
            for g, c in zip(_children(go, expand_composites), children, strict=True)
        ],
    )


def flatten_with_joined_string_paths(
    structure: Any, separator: str = "/", expand_composites: bool = False
) -> list[tuple[str, Any]]:
    """(path, leaf) pairs; a path joins the keys and positions that lead to its leaf."""
    return [
        (separator.join(str(part) for part in path), leaf)
        for path, leaf in flatten_with_tuple_paths(structure, expand_composites)
    ]


def flatten_with_tuple_paths(
    structure: Any, expand_composites: bool = False
) -> list[tuple[tuple[Any, ...], Any]]:
    """(path, leaf) pairs; a path is the tuple of keys and positions that lead to its leaf."""
    result: list[tuple[tuple[Any, ...], Any]] = []

    def walk(node: Any, path: tuple[Any, ...]) -> None:
        if not _is_inner(node, expand_composites):
            result.append((path, node))
            return
        if isinstance(node, Mapping):
            keys: list[Any] = _sorted_keys(node)
        elif _is_namedtuple(node):
            keys = list(node._fields)
        elif _is_attrs(node):
            keys = [a.name for a in type(node).__attrs_attrs__]
        else:
            keys = list(range(len(_children(node, expand_composites))))
        for key, child in zip(keys, _children(node, expand_composites), strict=True):
            walk(child, (*path, key))

    walk(structure, ())
    return result


def map_structure_with_tuple_paths(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """As `map_structure`; `func` receives the path first."""
    expand = kwargs.pop("expand_composites", False)
    for other in structure[1:]:
        assert_same_structure(structure[0], other, kwargs.get("check_types", True), expand)
    paths = [path for path, _ in flatten_with_tuple_paths(structure[0], expand)]
    flat = [flatten(s, expand) for s in structure]
    results = [func(path, *leaves) for path, *leaves in zip(paths, *flat, strict=True)]
    return pack_sequence_as(structure[0], results, expand)


def map_structure_with_paths(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """As `map_structure_with_tuple_paths`, with paths joined by slashes."""
    return map_structure_with_tuple_paths(
        lambda path, *leaves: func("/".join(str(p) for p in path), *leaves), *structure, **kwargs
    )
