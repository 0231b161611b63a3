"""tf.sysconfig: names only."""

from evergraph.platform.versions import CXX11_ABI_FLAG as CXX11_ABI_FLAG
from evergraph.platform.versions import MONOLITHIC_BUILD as MONOLITHIC_BUILD
