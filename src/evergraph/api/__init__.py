"""The TensorFlow namespace, module for module: names only, no code."""

from evergraph.api import compat as compat
from evergraph.api import dtypes as dtypes
from evergraph.api import errors as errors
from evergraph.api import gfile as gfile
from evergraph.api import io as io
from evergraph.api import logging as logging
from evergraph.api import random as random
from evergraph.api import resource_loader as resource_loader
from evergraph.api import sparse as sparse
from evergraph.api.lazy import LAZY
from evergraph.core.dimensions import Dimension as Dimension
from evergraph.core.dtypes import QUANTIZED_DTYPES as QUANTIZED_DTYPES
from evergraph.core.dtypes import DType as DType
from evergraph.core.dtypes import as_dtype as as_dtype
from evergraph.core.dtypes import bfloat16 as bfloat16
from evergraph.core.dtypes import bool as bool
from evergraph.core.dtypes import complex64 as complex64
from evergraph.core.dtypes import complex128 as complex128
from evergraph.core.dtypes import double as double
from evergraph.core.dtypes import float16 as float16
from evergraph.core.dtypes import float32 as float32
from evergraph.core.dtypes import float64 as float64
from evergraph.core.dtypes import half as half
from evergraph.core.dtypes import int8 as int8
from evergraph.core.dtypes import int16 as int16
from evergraph.core.dtypes import int32 as int32
from evergraph.core.dtypes import int64 as int64
from evergraph.core.dtypes import qint8 as qint8
from evergraph.core.dtypes import qint16 as qint16
from evergraph.core.dtypes import qint32 as qint32
from evergraph.core.dtypes import quint8 as quint8
from evergraph.core.dtypes import quint16 as quint16
from evergraph.core.dtypes import resource as resource
from evergraph.core.dtypes import string as string
from evergraph.core.dtypes import uint8 as uint8
from evergraph.core.dtypes import uint16 as uint16
from evergraph.core.dtypes import uint32 as uint32
from evergraph.core.dtypes import uint64 as uint64
from evergraph.core.dtypes import variant as variant
from evergraph.core.errors import OpError as OpError
from evergraph.core.lazy import lazy_names
from evergraph.core.shapes import TensorShape as TensorShape
from evergraph.core.shapes import dimension_at_index as dimension_at_index
from evergraph.core.shapes import dimension_value as dimension_value
from evergraph.core.shapes import disable_v2_tensorshape as disable_v2_tensorshape
from evergraph.core.shapes import enable_v2_tensorshape as enable_v2_tensorshape
from evergraph.graph.composite import IndexedSlices as IndexedSlices
from evergraph.graph.composite import SparseTensor as SparseTensor
from evergraph.graph.composite import SparseTensorValue as SparseTensorValue
from evergraph.graph.composite import (
    convert_to_tensor_or_sparse_tensor as convert_to_tensor_or_sparse_tensor,
)
from evergraph.graph.conversion import convert_to_tensor as convert_to_tensor
from evergraph.graph.conversion import (
    convert_to_tensor_or_indexed_slices as convert_to_tensor_or_indexed_slices,
)
from evergraph.graph.conversion import (
    register_tensor_conversion_function as register_tensor_conversion_function,
)
from evergraph.graph.device import DeviceSpec as DeviceSpec
from evergraph.graph.graph import Graph as Graph
from evergraph.graph.keys import GraphKeys as GraphKeys
from evergraph.graph.operation import Operation as Operation
from evergraph.graph.operation import Tensor as Tensor
from evergraph.graph.scopes import add_to_collection as add_to_collection
from evergraph.graph.scopes import add_to_collections as add_to_collections
from evergraph.graph.scopes import colocate_with as colocate_with
from evergraph.graph.scopes import container as container
from evergraph.graph.scopes import control_dependencies as control_dependencies
from evergraph.graph.scopes import device as device
from evergraph.graph.scopes import get_collection as get_collection
from evergraph.graph.scopes import get_collection_ref as get_collection_ref
from evergraph.graph.scopes import get_default_graph as get_default_graph
from evergraph.graph.scopes import get_default_session as get_default_session
from evergraph.graph.scopes import get_seed as get_seed
from evergraph.graph.scopes import name_scope as name_scope
from evergraph.graph.scopes import op_scope as op_scope
from evergraph.graph.scopes import reset_default_graph as reset_default_graph
from evergraph.graph.scopes import set_random_seed as set_random_seed
from evergraph.registry.gradients import RegisterGradient as RegisterGradient

__getattr__, __dir__ = lazy_names(__name__, LAZY)
