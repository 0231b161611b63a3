"""The TensorFlow namespace, module for module: names only, no code."""

from evergraph.api import bitwise as bitwise
from evergraph.api import compat as compat
from evergraph.api import debugging as debugging
from evergraph.api import dtypes as dtypes
from evergraph.api import errors as errors
from evergraph.api import gfile as gfile
from evergraph.api import graph_util as graph_util
from evergraph.api import image as image
from evergraph.api import initializers as initializers
from evergraph.api import io as io
from evergraph.api import layers as layers
from evergraph.api import linalg as linalg
from evergraph.api import logging as logging
from evergraph.api import manip as manip
from evergraph.api import math as math
from evergraph.api import nest as nest
from evergraph.api import nn as nn
from evergraph.api import python_io as python_io
from evergraph.api import random as random
from evergraph.api import raw_ops as raw_ops
from evergraph.api import resource_loader as resource_loader
from evergraph.api import sets as sets
from evergraph.api import sparse as sparse
from evergraph.api import strings as strings
from evergraph.api import summary as summary
from evergraph.api import sysconfig as sysconfig
from evergraph.api import train as train
from evergraph.api import version as version
from evergraph.api.lazy import LAZY
from evergraph.autodiff.aggregation import AggregationMethod as AggregationMethod
from evergraph.autodiff.custom_gradient import custom_gradient as custom_gradient
from evergraph.autodiff.gradients import UnconnectedGradients as UnconnectedGradients
from evergraph.autodiff.gradients import gradients as gradients
from evergraph.autodiff.hessians import hessians as hessians
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
from evergraph.core.dtypes import string as bytes
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
from evergraph.era0.arrays import batch_matrix_band_part as batch_matrix_band_part
from evergraph.era0.arrays import batch_matrix_diag as batch_matrix_diag
from evergraph.era0.arrays import batch_matrix_diag_part as batch_matrix_diag_part
from evergraph.era0.arrays import batch_matrix_set_diag as batch_matrix_set_diag
from evergraph.era0.arrays import batch_matrix_transpose as batch_matrix_transpose
from evergraph.era0.arrays import concat as concat
from evergraph.era0.arrays import concat_v2 as concat_v2
from evergraph.era0.arrays import listdiff as listdiff
from evergraph.era0.arrays import pack as pack
from evergraph.era0.arrays import pad as pad
from evergraph.era0.arrays import reverse as reverse
from evergraph.era0.arrays import select as select
from evergraph.era0.arrays import split as split
from evergraph.era0.arrays import split_v as split_v
from evergraph.era0.arrays import unpack as unpack
from evergraph.era0.arrays import where as where
from evergraph.era0.control_flow import while_loop as while_loop
from evergraph.era0.registration import RegisterShape as RegisterShape
from evergraph.era0.sparse import sparse_add as sparse_add
from evergraph.era0.sparse import sparse_concat as sparse_concat
from evergraph.era0.sparse import sparse_split as sparse_split
from evergraph.era0.summaries import audio_summary as audio_summary
from evergraph.era0.summaries import histogram_summary as histogram_summary
from evergraph.era0.summaries import image_summary as image_summary
from evergraph.era0.summaries import merge_all_summaries as merge_all_summaries
from evergraph.era0.summaries import merge_summary as merge_summary
from evergraph.era0.summaries import scalar_summary as scalar_summary
from evergraph.functions import branch_gradients as _branch_gradients
from evergraph.functions.switch_case import switch_case as switch_case
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
from evergraph.graph.scopes import init_scope as init_scope
from evergraph.graph.scopes import name_scope as name_scope
from evergraph.graph.scopes import op_scope as op_scope
from evergraph.graph.scopes import reset_default_graph as reset_default_graph
from evergraph.graph.scopes import set_random_seed as set_random_seed
from evergraph.graph.tensor_spec import IndexedSlicesSpec as IndexedSlicesSpec
from evergraph.graph.tensor_spec import SparseTensorSpec as SparseTensorSpec
from evergraph.graph.tensor_spec import TensorSpec as TensorSpec
from evergraph.graph.tensor_spec import TypeSpec as TypeSpec
from evergraph.graph.tensor_spec import is_tensor as is_tensor

# `a + b` and its kin; without a name here, but needed by whoever has a tensor.
from evergraph.ops import operators as _operators
from evergraph.ops.array_broadcast import broadcast_dynamic_shape as broadcast_dynamic_shape
from evergraph.ops.array_broadcast import broadcast_static_shape as broadcast_static_shape
from evergraph.ops.array_broadcast import broadcast_to as broadcast_to
from evergraph.ops.array_gather import batch_gather as batch_gather
from evergraph.ops.array_gather import gather as gather
from evergraph.ops.array_gather import gather_nd as gather_nd
from evergraph.ops.array_join import parallel_stack as parallel_stack
from evergraph.ops.array_join import stack as stack
from evergraph.ops.array_join import unstack as unstack
from evergraph.ops.array_layout import invert_permutation as invert_permutation
from evergraph.ops.array_layout import matrix_transpose as matrix_transpose
from evergraph.ops.array_layout import reverse as reverse_v2
from evergraph.ops.array_layout import reverse_sequence as reverse_sequence
from evergraph.ops.array_layout import roll as roll
from evergraph.ops.array_layout import tile as tile
from evergraph.ops.array_layout import transpose as transpose
from evergraph.ops.array_scatter import scatter_nd as scatter_nd
from evergraph.ops.array_scatter import tensor_scatter_add as tensor_scatter_add
from evergraph.ops.array_scatter import tensor_scatter_add as tensor_scatter_nd_add
from evergraph.ops.array_scatter import tensor_scatter_sub as tensor_scatter_nd_sub
from evergraph.ops.array_scatter import tensor_scatter_sub as tensor_scatter_sub
from evergraph.ops.array_scatter import tensor_scatter_update as tensor_scatter_nd_update
from evergraph.ops.array_scatter import tensor_scatter_update as tensor_scatter_update
from evergraph.ops.array_shape import expand_dims as expand_dims
from evergraph.ops.array_shape import rank as rank
from evergraph.ops.array_shape import reshape as reshape
from evergraph.ops.array_shape import shape as shape
from evergraph.ops.array_shape import shape_n as shape_n
from evergraph.ops.array_shape import size as size
from evergraph.ops.array_shape import squeeze as squeeze
from evergraph.ops.array_slice import slice as slice
from evergraph.ops.assertions import Assert as Assert
from evergraph.ops.cast import bitcast as bitcast
from evergraph.ops.cast import cast as cast
from evergraph.ops.cast import saturate_cast as saturate_cast
from evergraph.ops.cast import to_bfloat16 as to_bfloat16
from evergraph.ops.cast import to_complex64 as to_complex64
from evergraph.ops.cast import to_complex128 as to_complex128
from evergraph.ops.cast import to_double as to_double
from evergraph.ops.cast import to_float as to_float
from evergraph.ops.cast import to_int32 as to_int32
from evergraph.ops.cast import to_int64 as to_int64
from evergraph.ops.checks import assert_equal as assert_equal
from evergraph.ops.checks import assert_greater as assert_greater
from evergraph.ops.checks import assert_greater_equal as assert_greater_equal
from evergraph.ops.checks import assert_integer as assert_integer
from evergraph.ops.checks import assert_less as assert_less
from evergraph.ops.checks import assert_less_equal as assert_less_equal
from evergraph.ops.checks import assert_near as assert_near
from evergraph.ops.checks import assert_negative as assert_negative
from evergraph.ops.checks import assert_non_negative as assert_non_negative
from evergraph.ops.checks import assert_non_positive as assert_non_positive
from evergraph.ops.checks import assert_none_equal as assert_none_equal
from evergraph.ops.checks import assert_positive as assert_positive
from evergraph.ops.checks import assert_proper_iterable as assert_proper_iterable
from evergraph.ops.checks import assert_same_float_dtype as assert_same_float_dtype
from evergraph.ops.checks import assert_type as assert_type
from evergraph.ops.checks import is_non_decreasing as is_non_decreasing
from evergraph.ops.checks import is_numeric_tensor as is_numeric_tensor
from evergraph.ops.checks import is_strictly_increasing as is_strictly_increasing
from evergraph.ops.clip import clip_by_average_norm as clip_by_average_norm
from evergraph.ops.clip import clip_by_global_norm as clip_by_global_norm
from evergraph.ops.clip import clip_by_norm as clip_by_norm
from evergraph.ops.clip import clip_by_value as clip_by_value
from evergraph.ops.clip import global_norm as global_norm
from evergraph.ops.complex import angle as angle
from evergraph.ops.complex import complex as complex
from evergraph.ops.complex import complex_abs as complex_abs
from evergraph.ops.complex import conj as conj
from evergraph.ops.complex import imag as imag
from evergraph.ops.complex import real as real
from evergraph.ops.cond import case as case
from evergraph.ops.cond import cond as cond
from evergraph.ops.confusion import confusion_matrix as confusion_matrix
from evergraph.ops.constants import constant as constant
from evergraph.ops.constants import constant_value as get_static_value
from evergraph.ops.diagonals import diag as diag
from evergraph.ops.diagonals import diag_part as diag_part
from evergraph.ops.diagonals import eye as eye
from evergraph.ops.diagonals import matrix_band_part as matrix_band_part
from evergraph.ops.diagonals import matrix_diag as matrix_diag
from evergraph.ops.diagonals import matrix_diag_part as matrix_diag_part
from evergraph.ops.diagonals import matrix_set_diag as matrix_set_diag
from evergraph.ops.dynamic_partition import dynamic_partition as dynamic_partition
from evergraph.ops.dynamic_partition import dynamic_stitch as dynamic_stitch
from evergraph.ops.files import matching_files as matching_files
from evergraph.ops.files import read_file as read_file
from evergraph.ops.files import write_file as write_file
from evergraph.ops.fills import fill as fill
from evergraph.ops.fills import ones as ones
from evergraph.ops.fills import ones_like as ones_like
from evergraph.ops.fills import zeros as zeros
from evergraph.ops.fills import zeros_like as zeros_like
from evergraph.ops.grouping import group as group
from evergraph.ops.grouping import tuple as tuple
from evergraph.ops.higher_order import foldl as foldl
from evergraph.ops.higher_order import foldr as foldr
from evergraph.ops.higher_order import map_fn as map_fn
from evergraph.ops.higher_order import scan as scan
from evergraph.ops.identity import check_numerics as check_numerics
from evergraph.ops.identity import ensure_shape as ensure_shape
from evergraph.ops.identity import guarantee_const as guarantee_const
from evergraph.ops.identity import identity as identity
from evergraph.ops.identity import identity_n as identity_n
from evergraph.ops.identity import no_op as no_op
from evergraph.ops.identity import stop_gradient as stop_gradient
from evergraph.ops.image_patches import extract_image_patches as extract_image_patches
from evergraph.ops.image_patches import extract_volume_patches as extract_volume_patches
from evergraph.ops.linalg_qr import qr as qr
from evergraph.ops.math_arg import arg_max as arg_max
from evergraph.ops.math_arg import arg_min as arg_min
from evergraph.ops.math_arg import argmax as argmax
from evergraph.ops.math_arg import argmin as argmin
from evergraph.ops.math_comparison import equal as equal
from evergraph.ops.math_comparison import greater as greater
from evergraph.ops.math_comparison import greater_equal as greater_equal
from evergraph.ops.math_comparison import is_finite as is_finite
from evergraph.ops.math_comparison import is_inf as is_inf
from evergraph.ops.math_comparison import is_nan as is_nan
from evergraph.ops.math_comparison import less as less
from evergraph.ops.math_comparison import less_equal as less_equal
from evergraph.ops.math_comparison import logical_and as logical_and
from evergraph.ops.math_comparison import logical_not as logical_not
from evergraph.ops.math_comparison import logical_or as logical_or
from evergraph.ops.math_comparison import logical_xor as logical_xor
from evergraph.ops.math_comparison import not_equal as not_equal
from evergraph.ops.math_cumulative import cumprod as cumprod
from evergraph.ops.math_cumulative import cumsum as cumsum
from evergraph.ops.math_division import div as div
from evergraph.ops.math_division import divide as divide
from evergraph.ops.math_division import floor_div as floor_div
from evergraph.ops.math_division import floordiv as floordiv
from evergraph.ops.math_division import floormod as floormod
from evergraph.ops.math_division import floormod as mod
from evergraph.ops.math_division import realdiv as realdiv
from evergraph.ops.math_division import truediv as truediv
from evergraph.ops.math_division import truncatediv as truncatediv
from evergraph.ops.math_division import truncatemod as truncatemod
from evergraph.ops.math_elementwise import accumulate_n as accumulate_n
from evergraph.ops.math_elementwise import add as add
from evergraph.ops.math_elementwise import add_n as add_n
from evergraph.ops.math_elementwise import maximum as maximum
from evergraph.ops.math_elementwise import minimum as minimum
from evergraph.ops.math_elementwise import multiply as mul
from evergraph.ops.math_elementwise import multiply as multiply
from evergraph.ops.math_elementwise import negative as neg
from evergraph.ops.math_elementwise import negative as negative
from evergraph.ops.math_elementwise import scalar_mul as scalar_mul
from evergraph.ops.math_elementwise import squared_difference as squared_difference
from evergraph.ops.math_elementwise import subtract as sub
from evergraph.ops.math_elementwise import subtract as subtract
from evergraph.ops.math_functions import abs as abs
from evergraph.ops.math_functions import exp as exp
from evergraph.ops.math_functions import expm1 as expm1
from evergraph.ops.math_functions import log as log
from evergraph.ops.math_functions import log1p as log1p
from evergraph.ops.math_functions import pow as pow
from evergraph.ops.math_functions import rsqrt as rsqrt
from evergraph.ops.math_functions import sign as sign
from evergraph.ops.math_functions import sqrt as sqrt
from evergraph.ops.math_functions import square as square
from evergraph.ops.math_histogram import bincount as bincount
from evergraph.ops.math_histogram import histogram_fixed_width as histogram_fixed_width
from evergraph.ops.math_histogram import histogram_fixed_width_bins as histogram_fixed_width_bins
from evergraph.ops.math_reciprocal import div_no_nan as div_no_nan
from evergraph.ops.math_reciprocal import reciprocal as inv
from evergraph.ops.math_reciprocal import reciprocal as reciprocal
from evergraph.ops.math_reduction import reduce_max as reduce_max
from evergraph.ops.math_reduction import reduce_mean as reduce_mean
from evergraph.ops.math_reduction import reduce_min as reduce_min
from evergraph.ops.math_reduction import reduce_prod as reduce_prod
from evergraph.ops.math_reduction import reduce_sum as reduce_sum
from evergraph.ops.math_rounding import ceil as ceil
from evergraph.ops.math_rounding import floor as floor
from evergraph.ops.math_rounding import rint as rint
from evergraph.ops.math_rounding import round as round
from evergraph.ops.math_segment import unsorted_segment_max as unsorted_segment_max
from evergraph.ops.math_segment import unsorted_segment_mean as unsorted_segment_mean
from evergraph.ops.math_segment import unsorted_segment_min as unsorted_segment_min
from evergraph.ops.math_segment import unsorted_segment_prod as unsorted_segment_prod
from evergraph.ops.math_segment import unsorted_segment_sqrt_n as unsorted_segment_sqrt_n
from evergraph.ops.math_segment import unsorted_segment_sum as unsorted_segment_sum
from evergraph.ops.math_sorted_segment import segment_max as segment_max
from evergraph.ops.math_sorted_segment import segment_mean as segment_mean
from evergraph.ops.math_sorted_segment import segment_min as segment_min
from evergraph.ops.math_sorted_segment import segment_prod as segment_prod
from evergraph.ops.math_sorted_segment import segment_sum as segment_sum
from evergraph.ops.math_sparse_segment import sparse_segment_mean as sparse_segment_mean
from evergraph.ops.math_sparse_segment import sparse_segment_sqrt_n as sparse_segment_sqrt_n
from evergraph.ops.math_sparse_segment import sparse_segment_sum as sparse_segment_sum
from evergraph.ops.math_special import betainc as betainc
from evergraph.ops.math_special import digamma as digamma
from evergraph.ops.math_special import erf as erf
from evergraph.ops.math_special import erfc as erfc
from evergraph.ops.math_special import igamma as igamma
from evergraph.ops.math_special import igammac as igammac
from evergraph.ops.math_special import lgamma as lgamma
from evergraph.ops.math_special import polygamma as polygamma
from evergraph.ops.math_special import zeta as zeta
from evergraph.ops.math_statistics import count_nonzero as count_nonzero
from evergraph.ops.math_statistics import reduce_all as reduce_all
from evergraph.ops.math_statistics import reduce_any as reduce_any
from evergraph.ops.math_statistics import reduce_logsumexp as reduce_logsumexp
from evergraph.ops.math_trigonometry import acos as acos
from evergraph.ops.math_trigonometry import acosh as acosh
from evergraph.ops.math_trigonometry import asin as asin
from evergraph.ops.math_trigonometry import asinh as asinh
from evergraph.ops.math_trigonometry import atan as atan
from evergraph.ops.math_trigonometry import atan2 as atan2
from evergraph.ops.math_trigonometry import atanh as atanh
from evergraph.ops.math_trigonometry import cos as cos
from evergraph.ops.math_trigonometry import cosh as cosh
from evergraph.ops.math_trigonometry import sin as sin
from evergraph.ops.math_trigonometry import sinh as sinh
from evergraph.ops.math_trigonometry import tan as tan
from evergraph.ops.math_trigonometry import tanh as tanh
from evergraph.ops.math_vectors import cross as cross
from evergraph.ops.math_vectors import lbeta as lbeta
from evergraph.ops.matmul import batch_matmul as batch_matmul
from evergraph.ops.matmul import matmul as matmul
from evergraph.ops.matmul import sparse_matmul as sparse_matmul
from evergraph.ops.numerics import add_check_numerics_ops as add_check_numerics_ops
from evergraph.ops.numerics import verify_tensor_all_finite as verify_tensor_all_finite
from evergraph.ops.placeholders import placeholder as placeholder
from evergraph.ops.placeholders import placeholder_with_default as placeholder_with_default
from evergraph.ops.placeholders import sparse_placeholder as sparse_placeholder
from evergraph.ops.printing import Print as Print
from evergraph.ops.printing import print_v2 as print
from evergraph.ops.py_func import numpy_function as numpy_function
from evergraph.ops.py_func import py_func as py_func
from evergraph.ops.py_func import py_function as py_function
from evergraph.ops.random import random_normal as random_normal
from evergraph.ops.random import random_uniform as random_uniform
from evergraph.ops.random import truncated_normal as truncated_normal
from evergraph.ops.random_choice import multinomial as multinomial
from evergraph.ops.random_choice import random_crop as random_crop
from evergraph.ops.random_choice import random_shuffle as random_shuffle
from evergraph.ops.random_distributions import random_gamma as random_gamma
from evergraph.ops.random_distributions import random_poisson as random_poisson
from evergraph.ops.repeat import repeat as repeat
from evergraph.ops.searching import edit_distance as edit_distance
from evergraph.ops.searching import searchsorted as searchsorted
from evergraph.ops.searching import unravel_index as unravel_index
from evergraph.ops.select import boolean_mask as boolean_mask
from evergraph.ops.select import where_v2 as where_v2
from evergraph.ops.sequences import linspace as lin_space
from evergraph.ops.sequences import linspace as linspace
from evergraph.ops.sequences import meshgrid as meshgrid
from evergraph.ops.sequences import one_hot as one_hot
from evergraph.ops.sequences import range as range
from evergraph.ops.sequences import sequence_mask as sequence_mask
from evergraph.ops.shape_checks import assert_rank as assert_rank
from evergraph.ops.shape_checks import assert_rank_at_least as assert_rank_at_least
from evergraph.ops.shape_checks import assert_rank_in as assert_rank_in
from evergraph.ops.shape_checks import assert_scalar as assert_scalar
from evergraph.ops.sigmoid import log_sigmoid as log_sigmoid
from evergraph.ops.sigmoid import sigmoid as sigmoid
from evergraph.ops.space_batch import batch_to_space as batch_to_space
from evergraph.ops.space_batch import batch_to_space_nd as batch_to_space_nd
from evergraph.ops.space_batch import (
    required_space_to_batch_paddings as required_space_to_batch_paddings,
)
from evergraph.ops.space_batch import space_to_batch as space_to_batch
from evergraph.ops.space_batch import space_to_batch_nd as space_to_batch_nd
from evergraph.ops.space_depth import depth_to_space as depth_to_space
from evergraph.ops.space_depth import space_to_depth as space_to_depth
from evergraph.ops.sparse_arithmetic import sparse_maximum as sparse_maximum
from evergraph.ops.sparse_arithmetic import sparse_minimum as sparse_minimum
from evergraph.ops.sparse_arithmetic import sparse_softmax as sparse_softmax
from evergraph.ops.sparse_dense import sparse_tensor_dense_matmul as sparse_tensor_dense_matmul
from evergraph.ops.sparse_dense import sparse_tensor_to_dense as sparse_tensor_to_dense
from evergraph.ops.sparse_dense import sparse_to_dense as sparse_to_dense
from evergraph.ops.sparse_elements import sparse_merge as sparse_merge
from evergraph.ops.sparse_elements import sparse_reset_shape as sparse_reset_shape
from evergraph.ops.sparse_elements import sparse_retain as sparse_retain
from evergraph.ops.sparse_elements import sparse_to_indicator as sparse_to_indicator
from evergraph.ops.sparse_layout import sparse_reorder as sparse_reorder
from evergraph.ops.sparse_layout import sparse_reshape as sparse_reshape
from evergraph.ops.sparse_layout import sparse_transpose as sparse_transpose
from evergraph.ops.sparse_reduction import sparse_reduce_max as sparse_reduce_max
from evergraph.ops.sparse_reduction import sparse_reduce_max_sparse as sparse_reduce_max_sparse
from evergraph.ops.sparse_reduction import sparse_reduce_sum as sparse_reduce_sum
from evergraph.ops.sparse_reduction import sparse_reduce_sum_sparse as sparse_reduce_sum_sparse
from evergraph.ops.sparse_rows import sparse_fill_empty_rows as sparse_fill_empty_rows
from evergraph.ops.sparse_rows import sparse_slice as sparse_slice
from evergraph.ops.sparse_serialize import deserialize_many_sparse as deserialize_many_sparse
from evergraph.ops.sparse_serialize import serialize_many_sparse as serialize_many_sparse
from evergraph.ops.sparse_serialize import serialize_sparse as serialize_sparse
from evergraph.ops.state import assign as assign
from evergraph.ops.state import assign_add as assign_add
from evergraph.ops.state import assign_sub as assign_sub
from evergraph.ops.state import count_up_to as count_up_to
from evergraph.ops.state_scatter import batch_scatter_update as batch_scatter_update
from evergraph.ops.state_scatter import scatter_add as scatter_add
from evergraph.ops.state_scatter import scatter_div as scatter_div
from evergraph.ops.state_scatter import scatter_max as scatter_max
from evergraph.ops.state_scatter import scatter_min as scatter_min
from evergraph.ops.state_scatter import scatter_mul as scatter_mul
from evergraph.ops.state_scatter import scatter_nd_add as scatter_nd_add
from evergraph.ops.state_scatter import scatter_nd_sub as scatter_nd_sub
from evergraph.ops.state_scatter import scatter_nd_update as scatter_nd_update
from evergraph.ops.state_scatter import scatter_sub as scatter_sub
from evergraph.ops.state_scatter import scatter_update as scatter_update
from evergraph.ops.strided_slice import newaxis as newaxis
from evergraph.ops.strided_slice import strided_slice as strided_slice
from evergraph.ops.strings import string_join as string_join
from evergraph.ops.unique import setdiff1d as setdiff1d
from evergraph.ops.unique import sparse_mask as sparse_mask
from evergraph.ops.unique import unique as unique
from evergraph.ops.unique import unique_with_counts as unique_with_counts
from evergraph.platform.eager import enable_eager_execution as enable_eager_execution
from evergraph.platform.eager import executing_eagerly as executing_eagerly
from evergraph.platform.logging import get_logger as get_logger
from evergraph.platform.versions import COMPILER_VERSION as COMPILER_VERSION
from evergraph.platform.versions import CXX11_ABI_FLAG as CXX11_ABI_FLAG
from evergraph.platform.versions import GIT_VERSION as GIT_VERSION
from evergraph.platform.versions import GRAPH_DEF_VERSION as GRAPH_DEF_VERSION
from evergraph.platform.versions import (
    GRAPH_DEF_VERSION_MIN_CONSUMER as GRAPH_DEF_VERSION_MIN_CONSUMER,
)
from evergraph.platform.versions import (
    GRAPH_DEF_VERSION_MIN_PRODUCER as GRAPH_DEF_VERSION_MIN_PRODUCER,
)
from evergraph.platform.versions import MONOLITHIC_BUILD as MONOLITHIC_BUILD
from evergraph.platform.versions import VERSION as VERSION
from evergraph.platform.versions import control_flow_v2_enabled as control_flow_v2_enabled
from evergraph.platform.versions import disable_control_flow_v2 as disable_control_flow_v2
from evergraph.platform.versions import disable_eager_execution as disable_eager_execution
from evergraph.platform.versions import disable_tensor_equality as disable_tensor_equality
from evergraph.platform.versions import disable_v2_behavior as disable_v2_behavior
from evergraph.platform.versions import enable_control_flow_v2 as enable_control_flow_v2
from evergraph.platform.versions import enable_tensor_equality as enable_tensor_equality
from evergraph.platform.versions import enable_v2_behavior as enable_v2_behavior
from evergraph.registry.gradients import RegisterGradient as RegisterGradient
from evergraph.registry.gradients import not_differentiable as NoGradient
from evergraph.registry.gradients import not_differentiable as NotDifferentiable
from evergraph.runtime.session import InteractiveSession as InteractiveSession
from evergraph.runtime.session import Session as Session
from evergraph.serialize.import_graph import import_graph_def as import_graph_def
from evergraph.serialize.tensor_proto import make_ndarray as make_ndarray
from evergraph.serialize.tensor_proto import make_tensor_proto as make_tensor_proto

# Variables as messages; without a name here, but needed by whoever exports a graph.
from evergraph.training import context_messages as _context_messages
from evergraph.training import variable_messages as _variable_messages
from evergraph.variables.creation import disable_resource_variables as disable_resource_variables
from evergraph.variables.creation import enable_resource_variables as enable_resource_variables
from evergraph.variables.creation import resource_variables_enabled as resource_variables_enabled
from evergraph.variables.creation import variable_creator_scope as variable_creator_scope
from evergraph.variables.initializers import constant_initializer as constant_initializer
from evergraph.variables.initializers import glorot_normal_initializer as glorot_normal_initializer
from evergraph.variables.initializers import (
    glorot_uniform_initializer as glorot_uniform_initializer,
)
from evergraph.variables.initializers import ones_initializer as ones_initializer
from evergraph.variables.initializers import random_normal_initializer as random_normal_initializer
from evergraph.variables.initializers import (
    random_uniform_initializer as random_uniform_initializer,
)
from evergraph.variables.initializers import (
    truncated_normal_initializer as truncated_normal_initializer,
)
from evergraph.variables.initializers import (
    uniform_unit_scaling_initializer as uniform_unit_scaling_initializer,
)
from evergraph.variables.initializers import (
    variance_scaling_initializer as variance_scaling_initializer,
)
from evergraph.variables.initializers import zeros_initializer as zeros_initializer
from evergraph.variables.lists import all_variables as all_variables
from evergraph.variables.lists import assert_variables_initialized as assert_variables_initialized
from evergraph.variables.lists import global_variables as global_variables
from evergraph.variables.lists import global_variables_initializer as global_variables_initializer
from evergraph.variables.lists import initialize_all_variables as initialize_all_variables
from evergraph.variables.lists import initialize_local_variables as initialize_local_variables
from evergraph.variables.lists import initialize_variables as initialize_variables
from evergraph.variables.lists import is_variable_initialized as is_variable_initialized
from evergraph.variables.lists import local_variables as local_variables
from evergraph.variables.lists import local_variables_initializer as local_variables_initializer
from evergraph.variables.lists import model_variables as model_variables
from evergraph.variables.lists import moving_average_variables as moving_average_variables
from evergraph.variables.lists import (
    report_uninitialized_variables as report_uninitialized_variables,
)
from evergraph.variables.lists import trainable_variables as trainable_variables
from evergraph.variables.lists import variables_initializer as variables_initializer
from evergraph.variables.orthogonal_initializers import (
    orthogonal_initializer as orthogonal_initializer,
)
from evergraph.variables.partitioners import (
    create_partitioned_variables as create_partitioned_variables,
)
from evergraph.variables.partitioners import fixed_size_partitioner as fixed_size_partitioner
from evergraph.variables.partitioners import (
    min_max_variable_partitioner as min_max_variable_partitioner,
)
from evergraph.variables.partitioners import (
    variable_axis_size_partitioner as variable_axis_size_partitioner,
)
from evergraph.variables.replication import VariableAggregation as VariableAggregation
from evergraph.variables.replication import VariableSynchronization as VariableSynchronization
from evergraph.variables.reuse import AUTO_REUSE as AUTO_REUSE
from evergraph.variables.scope import VariableScope as VariableScope
from evergraph.variables.scope import no_regularizer as no_regularizer
from evergraph.variables.template import make_template as make_template
from evergraph.variables.variable import VariableV1 as Variable
from evergraph.variables.variable_scope import get_local_variable as get_local_variable
from evergraph.variables.variable_scope import get_variable as get_variable
from evergraph.variables.variable_scope import get_variable_scope as get_variable_scope
from evergraph.variables.variable_scope import variable_op_scope as variable_op_scope
from evergraph.variables.variable_scope import variable_scope as variable_scope

__getattr__, __dir__ = lazy_names(__name__, LAZY)
from evergraph.ops.norms import norm as norm
from evergraph.ops.sorting import argsort as argsort
from evergraph.ops.sorting import sort as sort
from evergraph.ops.tensor_array import TensorArray as TensorArray
from evergraph.ops.tensor_array import TensorArraySpec as TensorArraySpec
from evergraph.ops.tensor_contraction import einsum as einsum
from evergraph.ops.tensor_contraction import tensordot as tensordot
from evergraph.ops.tensor_contraction import trace as trace
