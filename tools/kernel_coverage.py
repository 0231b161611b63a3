"""Which lines of kernels no test of an op runs: `python tools/kernel_coverage.py`.

Runs under coverage what tests single ops: the values and errors of tests/test_conformance.py, by
NumPy and compiled, and, for ops that no recording can hold, their own tests and programs. Prints
the lines of kernels, and of the functions of their files that take `xp`, which none of these
reached. The status is 1 when there are some.
"""

import ast
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Arguments of pytest: one run after the other.
RUNS = [
    ["tests/test_conformance.py", "-k", "by_numpy or classes or RefIdentity"],
    ["tests/test_programs.py", "-k", "state_ops"],
    ["tests/ops", "tests/variables"],
]


def executed() -> dict[str, set[int]]:
    """File below the root -> lines that were never run."""
    with tempfile.TemporaryDirectory() as folder:
        data, report = f"{folder}/data", Path(folder) / "report.json"
        coverage = [sys.executable, "-m", "coverage"]
        pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider"]
        for tests in RUNS:
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
