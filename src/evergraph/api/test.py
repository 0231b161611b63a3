"""tf.test: names only."""

from evergraph.platform.test import Benchmark as Benchmark
from evergraph.platform.test import StubOutForTesting as StubOutForTesting
from evergraph.platform.test import TestCase as TestCase
from evergraph.platform.test import assert_equal_graph_def as assert_equal_graph_def
from evergraph.platform.test import benchmark_config as benchmark_config
from evergraph.platform.test import compute_gradient as compute_gradient
from evergraph.platform.test import compute_gradient_error as compute_gradient_error
from evergraph.platform.test import create_local_cluster as create_local_cluster
from evergraph.platform.test import get_temp_dir as get_temp_dir
from evergraph.platform.test import gpu_device_name as gpu_device_name
from evergraph.platform.test import is_built_with_cuda as is_built_with_cuda
from evergraph.platform.test import is_built_with_gpu_support as is_built_with_gpu_support
from evergraph.platform.test import is_built_with_rocm as is_built_with_rocm
from evergraph.platform.test import is_gpu_available as is_gpu_available
from evergraph.platform.test import main as main
from evergraph.platform.test import mock as mock
from evergraph.platform.test import test_src_dir_path as test_src_dir_path
