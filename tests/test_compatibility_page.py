"""docs/compatibility.md can be generated, and names every op."""

import importlib.util
from pathlib import Path

from evergraph.registry.op_def import registered_ops

TOOL = Path(__file__).parents[1] / "tools" / "write_compatibility.py"


def load_tool():
    spec = importlib.util.spec_from_file_location("write_compatibility", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_op_is_listed():
    page = load_tool().page()
    missing = [n for n in registered_ops() if not n.startswith("_") and f"| {n} |" not in page]
    assert not missing


def test_differences_are_collected():
    places = [where for where, _ in load_tool().differences()]
    assert "platform/test_decorators: with_control_flow_v2" in places
