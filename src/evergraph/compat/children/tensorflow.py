"""Stands in for TensorFlow in a spawned process: installs the alias, which takes its place."""

import importlib
import sys

from evergraph.compat import install_as_tensorflow

if __name__ == "tensorflow":
    del sys.modules["tensorflow"]
    install_as_tensorflow()
    importlib.import_module("tensorflow")
