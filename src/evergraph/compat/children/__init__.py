"""A folder that `evergraph run` puts on `sys.path`.

A process that the program starts through multiprocessing inherits `sys.path`, but not the import
hook; there, `import tensorflow` finds the module of this folder, which installs the hook and steps
aside.
"""

from pathlib import Path

FOLDER_FOR_CHILDREN = str(Path(__file__).parent)
