"""Which lines of kernels no test of an op runs: `python tools/kernel_coverage.py`.

Runs under coverage what tests single ops: the values and errors of tests/test_conformance.py and,
for ops that no recording can hold, the tests and programs that tests/golden/waived.json names.
Prints the lines of kernels, and of the functions of their files that take `xp`, which none of
these reached. The status is 1 when there are some.
"""

import ast
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Cases of ops: by NumPy, and compiled where a kernel does something else when it is traced.
CASES = "by_numpy or classes or RefIdentity or (by_xla and SparseToDense)"
# Themes of programs for the parts of recorded ops that no case can hold.
THEMES = {"sparse": "serialized_as_variants"}


def runs() -> list[list[str]]:
    """The arguments of pytest for one run after the other."""
    waived = json.loads((ROOT / "tests/golden/waived.json").read_text(encoding="utf-8"))
    named = {path for why in waived.values() for path in re.findall(r"see (tests/\S+)", why)}
    themes = {Path(path).stem for path in named if path.startswith("tests/programs/")}
    chosen = [f"{theme}-" for theme in sorted(themes)]
    chosen += [f"({theme}- and {program})" for theme, program in THEMES.items()]
    others = sorted(
        path for path in named if not path.startswith(("tests/programs/", "tests/ops/"))
    )
    return [
        ["tests/test_conformance.py", "-k", CASES],
        ["tests/test_programs.py", "-k", f"tensorflow and ({' or '.join(chosen)})"],
        ["tests/ops", *others],
    ]


def executed() -> dict[str, set[int]]:
    """File below the root -> lines that were never run."""
    with tempfile.TemporaryDirectory() as folder:
        data, report = f"{folder}/data", Path(folder) / "report.json"
        coverage = [sys.executable, "-m", "coverage"]
        pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider"]
        for tests in runs():
            run = [*coverage, "run", "-a", f"--data-file={data}", "--source=src/evergraph/ops"]
            subprocess.run([*run, *pytest, *tests], cwd=ROOT, check=False, stdout=sys.stderr)
        write = [*coverage, "json", "-q", f"--data-file={data}", "-o", str(report)]
        subprocess.run(write, cwd=ROOT, check=True)
        files = json.loads(report.read_text(encoding="utf-8"))["files"]
    return {name: set(found["missing_lines"]) for name, found in files.items()}


def is_kernel(function: ast.FunctionDef) -> bool:
    """Whether the function computes values."""
    decorators = (getattr(d, "attr", "") for d in function.decorator_list)
    return "kernel" in decorators or any(arg.arg == "xp" for arg in function.args.args[:1])


def main() -> int:
    """Print the lines; 1 when there are some."""
    status = 0
    for name, missing in sorted(executed().items()):
        tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef) and is_kernel(function):
                first, last = function.body[0].lineno, function.end_lineno or 0
                lines = sorted(line for line in missing if first <= line <= last)
                if lines:
                    print(f"{name}: {function.name}: {', '.join(map(str, lines))}")
                    status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
