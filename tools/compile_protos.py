"""Compile src/evergraph/protos/sources to the descriptor set that the package loads.

Needs grpcio-tools (in the `dev` extra). `python tools/compile_protos.py` writes the file;
with `--check` it only says, by its exit status, whether the file is what the sources describe.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from google.protobuf import descriptor_pb2
from grpc_tools import protoc

PROTOS = Path(__file__).resolve().parent.parent / "src" / "evergraph" / "protos"
DESCRIPTORS = PROTOS / "descriptors.binpb"


def compile_sources() -> bytes:
    """Serialized FileDescriptorSet of all sources and what they import."""
    sources = sorted((PROTOS / "sources").glob("*.proto"))
    well_known = Path(protoc.__file__).parent / "_proto"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "descriptors.binpb"
        arguments = [
            "protoc",
            f"-Ievergraph={PROTOS / 'sources'}",
            f"-I{well_known}",
            "--include_imports",
            f"--descriptor_set_out={out}",
            *map(str, sources),
        ]
        if protoc.main(arguments) != 0:
            raise SystemExit("protoc failed")
        return out.read_bytes()


def own_files(data: bytes) -> dict[str, descriptor_pb2.FileDescriptorProto]:
    """The files of the descriptor set `data` that are ours, by name."""
    files = descriptor_pb2.FileDescriptorSet.FromString(data).file
    return {file.name: file for file in files if file.name.startswith("evergraph/")}


def main() -> int:
    """Write the descriptor set, or compare it with the sources."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args()
    data = compile_sources()
    if options.check:
        same = own_files(data) == own_files(DESCRIPTORS.read_bytes())
        if not same:
            sys.stderr.write("descriptors.binpb is stale: run python tools/compile_protos.py\n")
        return 0 if same else 1
    DESCRIPTORS.write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
