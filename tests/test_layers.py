"""Imports go one way: the table of allowed arrows between the folders of src/evergraph."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "evergraph"

# folder -> what it may import; what those may import is allowed too.
TABLE: dict[str, str] = {
    "core": "numpy ml_dtypes",
    "formats": "core protos google_crc32c",
    "protos": "core google",
    "graph": "core",
    "registry": "core graph",
    "ops": "core graph registry",
    "autodiff": "ops",
    "arrays": "core jax scipy",
    "runtime": "core graph registry arrays jax protos threadpoolctl",
    "serialize": "graph registry formats protos",
    "variables": "ops",
    "functions": "autodiff variables serialize",
    "training": "autodiff variables runtime serialize formats summary",
    "layers": "ops variables",
    "data": "ops runtime formats",
    "summary": "ops serialize formats",
    "platform": "layers training data functions absl",
    "era0": "layers training data",
    "contrib": "functions layers training data platform era0 feature_column estimator keras",
    "estimator": "layers training data platform feature_column",
    "keras": "layers training data platform",
    "feature_column": "layers training data",
    "api": "layers training data summary platform era0 contrib estimator keras feature_column",
    "interop": "api jax",
    "compat": "api",
    "cli": "compat interop",
    "__init__": "api compat",
    "__main__": "cli",
}
# Only these may import a third party, whatever the table's transitive closure says.
ONLY = {
    "jax": {"arrays", "runtime", "interop"},
    "jaxlib": {"arrays", "runtime", "interop"},
    "scipy": {"arrays"},
    "threadpoolctl": {"runtime"},
    "absl": {"platform"},
    "google": {"protos", "formats", "serialize", "summary", "training", "runtime", "platform"},
    "google_crc32c": {"formats"},
    "six": set(),
}
# (file, folder): imports inside a function, which the table forbids at the top of the file.
LATE = {
    ("__init__.py", "contrib"),
    ("__init__.py", "estimator"),
    ("__init__.py", "keras"),
    ("autodiff/ctc_dense.py", "functions"),
    ("layers/optimize.py", "training"),
    ("autodiff/ctc_dense.py", "functions"),
    ("ops/io.py", "formats"),
    ("ops/sparse_serialize.py", "formats"),
    ("ops/files.py", "formats"),
    ("ops/summary.py", "formats"),
    ("ops/summary.py", "google"),
    ("ops/summary.py", "protos"),
    ("serialize/tensor_proto.py", "ops"),
    ("layers/optimizers.py", "training"),
    ("ops/image_codecs.py", "PIL"),
}
STANDARD = sys.stdlib_module_names


@cache
def allowed(folder: str) -> frozenset[str]:
    """Everything that `folder` may import: the transitive closure of the table, itself included."""
    found = {folder}
    for name in TABLE.get(folder, "").split():
        found |= allowed(name)
    return frozenset(found)


def folder_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imported(path: Path) -> list[tuple[int, str, bool]]:
    """(line, folder or third party, is it inside a function) for each import of the file.

    Imports under `if TYPE_CHECKING:` name types only and count like any other.
    """
    found = []
    module = ("evergraph", *path.relative_to(PACKAGE).with_suffix("").parts)

    def visit(node: ast.AST, is_late: bool) -> None:
        for child in ast.iter_child_nodes(node):
            names: list[str] = []
            if isinstance(child, ast.Import):
                names = [alias.name for alias in child.names]
            elif isinstance(child, ast.ImportFrom):
                base = ".".join(module[: len(module) - child.level]) if child.level else ""
                source = ".".join(filter(None, [base, child.module]))
                names = (
                    [f"evergraph.{alias.name}" for alias in child.names]
                    if source == "evergraph"
                    else [source]
                )
            for name in names:
                top, _, rest = name.partition(".")
                target = (rest.partition(".")[0] or "__init__") if top == "evergraph" else top
                found.append((child.lineno, target, is_late))
            is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            visit(child, is_late or is_function)

    visit(ast.parse(path.read_text(encoding="utf-8")), False)
    return found


def wrong_arrows(path: Path) -> list[str]:
    folder = folder_of(path)
    relative = path.relative_to(PACKAGE).as_posix()
    wrong = []
    for line, target, is_late in imported(path):
        if target in STANDARD or target == "tensorflow":
            continue
        is_ours = (PACKAGE / target).is_dir() or target in TABLE
        is_fine = target in allowed(folder) and (is_ours or folder in ONLY.get(target, {folder}))
        if not is_fine and not (is_late and (relative, target) in LATE):
            wrong.append(f"src/evergraph/{relative}:{line} imports {target}")
    return wrong


def test_every_folder_is_in_the_table():
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert folders <= set(TABLE)


def test_the_table_has_no_cycle():
    for folder, line in TABLE.items():
        for name in line.split():
            assert folder not in allowed(name), f"{folder} <-> {name}"


@pytest.mark.parametrize(
    ("folder", "target"), [("graph", "ops"), ("ops", "jax"), ("ops", "arrays"), ("runtime", "ops")]
)
def test_absent_arrows_stay_absent(folder, target):
    assert target not in allowed(folder) or folder not in ONLY.get(target, {folder})


def test_imports_go_one_way():
    wrong = [arrow for path in sorted(PACKAGE.rglob("*.py")) for arrow in wrong_arrows(path)]
    assert not wrong, "\n".join(wrong)


def test_a_wrong_arrow_is_seen(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    (tmp_path / "graph").mkdir()
    (tmp_path / "ops").mkdir()
    file = tmp_path / "graph" / "graph.py"
    file.write_text("import jax\nfrom evergraph.ops.math import add\nfrom ..ops import math\n")
    assert wrong_arrows(file) == [
        "src/evergraph/graph/graph.py:1 imports jax",
        "src/evergraph/graph/graph.py:2 imports ops",
        "src/evergraph/graph/graph.py:3 imports ops",
    ]
