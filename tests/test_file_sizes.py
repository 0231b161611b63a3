"""A file that grows past 600 lines is two families: split it."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
LIMIT = 600


def test_no_source_file_is_longer_than_600_lines():
    sizes = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for folder in ("src", "tests", "tools", "examples")
        for path in (ROOT / folder).rglob("*.py")
        if "fixtures" not in path.parts
    }
    assert not {name: lines for name, lines in sizes.items() if lines > LIMIT}
