"""`python -m evergraph`: the same commands as `evergraph`."""

import sys

from evergraph.cli import main

if __name__ == "__main__":
    sys.exit(main())
