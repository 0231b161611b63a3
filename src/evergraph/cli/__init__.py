"""The `evergraph` command: one module per subcommand; `main(argv)` returns the exit status."""

import argparse
from collections.abc import Sequence

from evergraph.cli import run
from evergraph.platform.versions import EVERGRAPH_VERSION, VERSION


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` names (the process's arguments when None); return its status."""
    parser = argparse.ArgumentParser(
        prog="evergraph", description="Run graph-era TensorFlow programs on today's Python."
    )
    versions = f"evergraph {EVERGRAPH_VERSION} (TensorFlow {VERSION})"
    parser.add_argument("--version", action="version", version=versions)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (run,):
        module.add_command(commands)  # its options, and set_defaults(command=<its function>)
    options = vars(parser.parse_args(argv))
    command = options.pop("command")
    return int(command(**options))
