"""NumPy's side of the namespace `xp` of kernels; `jax_backend` has the same names and meaning.

The result has the dtype of the operands unless the table says otherwise. Two operands must have one
dtype (nothing is promoted) and broadcast; a Python scalar takes the dtype of the other operand.
Arguments named shape, sizes, axis, axes, depth, k, paddings, multiples are known values (integers,
tuples, NumPy vectors), never traced. `dtype`: a DType or a NumPy dtype. No argument is changed.

================ ==================================================================================
making           asarray(value, dtype=None)  full(shape, value, dtype)  zeros ones(shape, dtype)
                 zeros_like ones_like(x, dtype=None)  full_like(x, value)  iota(shape, axis, dtype)
                 arange(start, limit, delta, dtype)  eye(rows, columns=None, dtype=float32)
                 one_hot(indices, depth, on, off, axis=-1): out of range gives only `off`
conversion       cast(x, dtype, truncate=False)  bitcast(x, dtype)
shape and order  shape(x) -> tuple  reshape(x, shape)  transpose(x, axes=None)  swapaxes(x, axis1,
                 axis2)  broadcast_to(x, shape)  expand_dims(x, axis)  squeeze(x, axis=None)
                 concatenate stack(arrays, axis=0)  unstack(x, axis=0) -> tuple  split(x, sizes,
                 axis=0) -> tuple: a number of parts, or their sizes  pad(x, paddings, value=0)
                 mirror_pad mirror_pad_gradient(x, paddings, mode)  tile(x, multiples)  repeat(x,
                 count, axis)  flip(x, axis)  roll(x, shift, axis): shift may be traced
arithmetic       add subtract multiply(x, y)  negative absolute sign square reciprocal(x)
                 squared_difference(x, y)  maximum minimum(x, y)  clip(x, low, high)
division         true_divide divide floordiv truncatediv floormod truncatemod mod(x, y): integers
                 check for zero; `divide` and `mod` are TensorFlow's Div and Mod  div_no_nan xlogy
                 xdivy power(x, y)
exponential      exp expm1 log log1p sqrt rsqrt sigmoid(x)  logaddexp(x, y)
trigonometry     sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh(x)  atan2(y, x)
special          erf erfc erfinv lgamma digamma bessel_i0e bessel_i1e(x)  polygamma(a, x)  zeta(x,
                 q)  igamma igammac igamma_grad_a(a, x)
                 random_gamma_grad(a, x)  betainc(a, b, x)
rounding, tests  floor ceil trunc rint(x)  nextafter(x, y)  isnan isinf isfinite(x) -> bool
comparison       equal not_equal less less_equal greater greater_equal(x, y) -> bool
                 where(condition, x, y)
logic, bits      logical_and logical_or logical_xor(x, y)  logical_not(x)  bitwise_and bitwise_or
                 bitwise_xor(x, y)  invert(x)  left_shift right_shift(x, y)  population_count(x) ->
                 uint8
complex          complex(real, imag)  real imag angle(x) -> real  conjugate(x)
reductions       sum prod max min mean any all logsumexp(x, axis=None, keepdims=False)  argmax
                 argmin(x, axis, dtype=int64)  cumsum cumprod cumulative_logsumexp(x, axis,
                 exclusive=False, reverse=False)
matrices         matmul(x, y, transpose_x=False, transpose_y=False, adjoint_x=False,
                 adjoint_y=False)  tensordot(x, y, (x_axes, y_axes))  matrix_diag matrix_diag_part
                 trace(x)  sparse_matmul(rows, columns, values, row_count, dense)
                 matrix_set_diag(x, diagonal)  qr(x, full_matrices=False)  band_part(x,
                 lower, upper)
convolution      conv(x, kernel, strides, paddings, dilations): channels last  conv_input_gradient(
                 shape, kernel, d_y, ...)  conv_kernel_gradient(x, shape, d_y, ...)
reading          gather(x, indices, axis=0, batch_dims=0, message=None)  gather_nd(x, indices,
                 batch_dims=0, message=None)  take_along_axis(x, indices, axis): unchecked
                 dynamic_slice(x, begin, size)  dynamic_update_slice(x, update, begin): begin may
                 be traced  strided_slice(x, begin, end, strides, masks)
                 strided_slice_gradient(shape, begin, end, strides, d_y, masks)
                 strided_slice_assign(x, begin, end, strides, value, masks)  SliceMasks(begin=0,
                 end=0, ellipsis=0, new_axis=0, shrink_axis=0)
writing          scatter(x, indices, updates, mode="set", message=None): rows  scatter_nd(indices,
                 updates, shape, message=None): added to zeros  scatter_nd_update(x, indices,
                 updates, mode="set", message=None)  mode: set add subtract multiply divide minimum
                 maximum.  update_rows(function, tables, indices, updates): new rows by a function
                 of the old
segments         segment_sum segment_prod segment_max segment_min segment_mean(data, segment_ids,
                 num_segments=None): JAX wants the number  unsorted_segment_sum
                 unsorted_segment_prod unsorted_segment_max unsorted_segment_min(data, segment_ids,
                 num_segments)
sorting          sort(x, axis=-1, descending=False)  argsort(x, axis=-1, descending=False,
                 dtype=int32)  lexsort(columns) -> int64  top_k(x, k) -> values, indices int32
                 searchsorted(sorted_values, values, side="left", dtype=int32)  bincount(values,
                 size, weights, dtype)  unique(x) -> values, places, counts  nonzero(x) -> [count,
                 rank]: NumPy only
steps            scan(function, carry, sequences, reverse=False) -> carry, outputs
checks           check(ok, error, message): ok is a boolean array, error the name of a class of
                 tf.errors, message a str or what makes one  check_indices(indices, limit,
                 message=None)  check_nd_indices(indices, limits, message=None)  check_finite(x,
                 message, error="InvalidArgumentError")  is_concrete(x)
random           stream: .key .base .position, uint64 scalars, may be traced  Stream(key, base,
                 position)  philox_uniform philox_normal philox_truncated_normal(stream, shape,
                 dtype)  philox_integers(stream, shape, minval, maxval)  philox_permutation(stream,
                 count)  philox_multinomial(stream, logits, samples, dtype=int64)
                 philox_gamma(stream, shape, alpha)  philox_poisson(stream, shape, rate, dtype)
                 philox_words(stream, count) -> uint32  stateless_stream(seed) -> Stream
                 philox_blocks(key, base, blocks) -> uint32 [..., 4]
objects          new_stack(dtype, max_size=-1, name=""): push(value) pop() close()
                 new_tensor_array(size, dtype, shape, dynamic_size=False, clear_after_read=True,
                 identical_element_shapes=False, name="")
gradients        stop_gradient(x)  vjp(function, inputs, cotangents) -> one per input: JAX only
================ ==================================================================================

What exists in one backend only raises `arrays.checks.CompiledOnly` or `HostOnly` in the other.
"""

from __future__ import annotations

from evergraph.arrays.numpy_backend.casts import bitcast as bitcast
from evergraph.arrays.numpy_backend.casts import cast as cast
from evergraph.arrays.numpy_backend.convolution import conv as conv
from evergraph.arrays.numpy_backend.convolution import conv_input_gradient as conv_input_gradient
from evergraph.arrays.numpy_backend.convolution import conv_kernel_gradient as conv_kernel_gradient
from evergraph.arrays.numpy_backend.division import div_no_nan as div_no_nan
from evergraph.arrays.numpy_backend.division import divide as divide
from evergraph.arrays.numpy_backend.division import floordiv as floordiv
from evergraph.arrays.numpy_backend.division import floormod as floormod
from evergraph.arrays.numpy_backend.division import mod as mod
from evergraph.arrays.numpy_backend.division import power as power
from evergraph.arrays.numpy_backend.division import true_divide as true_divide
from evergraph.arrays.numpy_backend.division import truncatediv as truncatediv
from evergraph.arrays.numpy_backend.division import truncatemod as truncatemod
from evergraph.arrays.numpy_backend.division import xdivy as xdivy
from evergraph.arrays.numpy_backend.division import xlogy as xlogy
from evergraph.arrays.numpy_backend.elementwise import absolute as absolute
from evergraph.arrays.numpy_backend.elementwise import acos as acos
from evergraph.arrays.numpy_backend.elementwise import acosh as acosh
from evergraph.arrays.numpy_backend.elementwise import add as add
from evergraph.arrays.numpy_backend.elementwise import angle as angle
from evergraph.arrays.numpy_backend.elementwise import asin as asin
from evergraph.arrays.numpy_backend.elementwise import asinh as asinh
from evergraph.arrays.numpy_backend.elementwise import atan as atan
from evergraph.arrays.numpy_backend.elementwise import atan2 as atan2
from evergraph.arrays.numpy_backend.elementwise import atanh as atanh
from evergraph.arrays.numpy_backend.elementwise import bitwise_and as bitwise_and
from evergraph.arrays.numpy_backend.elementwise import bitwise_or as bitwise_or
from evergraph.arrays.numpy_backend.elementwise import bitwise_xor as bitwise_xor
from evergraph.arrays.numpy_backend.elementwise import ceil as ceil
from evergraph.arrays.numpy_backend.elementwise import clip as clip
from evergraph.arrays.numpy_backend.elementwise import complex as complex
from evergraph.arrays.numpy_backend.elementwise import conjugate as conjugate
from evergraph.arrays.numpy_backend.elementwise import cos as cos
from evergraph.arrays.numpy_backend.elementwise import cosh as cosh
from evergraph.arrays.numpy_backend.elementwise import equal as equal
from evergraph.arrays.numpy_backend.elementwise import exp as exp
from evergraph.arrays.numpy_backend.elementwise import expm1 as expm1
from evergraph.arrays.numpy_backend.elementwise import floor as floor
from evergraph.arrays.numpy_backend.elementwise import greater as greater
from evergraph.arrays.numpy_backend.elementwise import greater_equal as greater_equal
from evergraph.arrays.numpy_backend.elementwise import imag as imag
from evergraph.arrays.numpy_backend.elementwise import invert as invert
from evergraph.arrays.numpy_backend.elementwise import isfinite as isfinite
from evergraph.arrays.numpy_backend.elementwise import isinf as isinf
from evergraph.arrays.numpy_backend.elementwise import isnan as isnan
from evergraph.arrays.numpy_backend.elementwise import left_shift as left_shift
from evergraph.arrays.numpy_backend.elementwise import less as less
from evergraph.arrays.numpy_backend.elementwise import less_equal as less_equal
from evergraph.arrays.numpy_backend.elementwise import log as log
from evergraph.arrays.numpy_backend.elementwise import log1p as log1p
from evergraph.arrays.numpy_backend.elementwise import logaddexp as logaddexp
from evergraph.arrays.numpy_backend.elementwise import logical_and as logical_and
from evergraph.arrays.numpy_backend.elementwise import logical_not as logical_not
from evergraph.arrays.numpy_backend.elementwise import logical_or as logical_or
from evergraph.arrays.numpy_backend.elementwise import logical_xor as logical_xor
from evergraph.arrays.numpy_backend.elementwise import maximum as maximum
from evergraph.arrays.numpy_backend.elementwise import minimum as minimum
from evergraph.arrays.numpy_backend.elementwise import multiply as multiply
from evergraph.arrays.numpy_backend.elementwise import negative as negative
from evergraph.arrays.numpy_backend.elementwise import nextafter as nextafter
from evergraph.arrays.numpy_backend.elementwise import not_equal as not_equal
from evergraph.arrays.numpy_backend.elementwise import population_count as population_count
from evergraph.arrays.numpy_backend.elementwise import real as real
from evergraph.arrays.numpy_backend.elementwise import reciprocal as reciprocal
from evergraph.arrays.numpy_backend.elementwise import right_shift as right_shift
from evergraph.arrays.numpy_backend.elementwise import rint as rint
from evergraph.arrays.numpy_backend.elementwise import rsqrt as rsqrt
from evergraph.arrays.numpy_backend.elementwise import sigmoid as sigmoid
from evergraph.arrays.numpy_backend.elementwise import sign as sign
from evergraph.arrays.numpy_backend.elementwise import sin as sin
from evergraph.arrays.numpy_backend.elementwise import sinh as sinh
from evergraph.arrays.numpy_backend.elementwise import sqrt as sqrt
from evergraph.arrays.numpy_backend.elementwise import square as square
from evergraph.arrays.numpy_backend.elementwise import squared_difference as squared_difference
from evergraph.arrays.numpy_backend.elementwise import subtract as subtract
from evergraph.arrays.numpy_backend.elementwise import tan as tan
from evergraph.arrays.numpy_backend.elementwise import tanh as tanh
from evergraph.arrays.numpy_backend.elementwise import trunc as trunc
from evergraph.arrays.numpy_backend.elementwise import where as where
from evergraph.arrays.numpy_backend.indexing import check_nd_indices as check_nd_indices
from evergraph.arrays.numpy_backend.indexing import dynamic_slice as dynamic_slice
from evergraph.arrays.numpy_backend.indexing import dynamic_update_slice as dynamic_update_slice
from evergraph.arrays.numpy_backend.indexing import gather as gather
from evergraph.arrays.numpy_backend.indexing import gather_nd as gather_nd
from evergraph.arrays.numpy_backend.indexing import strided_slice as strided_slice
from evergraph.arrays.numpy_backend.indexing import strided_slice_assign as strided_slice_assign
from evergraph.arrays.numpy_backend.indexing import strided_slice_gradient as strided_slice_gradient
from evergraph.arrays.numpy_backend.indexing import take_along_axis as take_along_axis
from evergraph.arrays.numpy_backend.layout import arange as arange
from evergraph.arrays.numpy_backend.layout import broadcast_to as broadcast_to
from evergraph.arrays.numpy_backend.layout import concatenate as concatenate
from evergraph.arrays.numpy_backend.layout import expand_dims as expand_dims
from evergraph.arrays.numpy_backend.layout import eye as eye
from evergraph.arrays.numpy_backend.layout import flip as flip
from evergraph.arrays.numpy_backend.layout import full as full
from evergraph.arrays.numpy_backend.layout import full_like as full_like
from evergraph.arrays.numpy_backend.layout import iota as iota
from evergraph.arrays.numpy_backend.layout import mirror_pad as mirror_pad
from evergraph.arrays.numpy_backend.layout import mirror_pad_gradient as mirror_pad_gradient
from evergraph.arrays.numpy_backend.layout import one_hot as one_hot
from evergraph.arrays.numpy_backend.layout import ones as ones
from evergraph.arrays.numpy_backend.layout import ones_like as ones_like
from evergraph.arrays.numpy_backend.layout import pad as pad
from evergraph.arrays.numpy_backend.layout import repeat as repeat
from evergraph.arrays.numpy_backend.layout import reshape as reshape
from evergraph.arrays.numpy_backend.layout import roll as roll
from evergraph.arrays.numpy_backend.layout import shape as shape
from evergraph.arrays.numpy_backend.layout import split as split
from evergraph.arrays.numpy_backend.layout import squeeze as squeeze
from evergraph.arrays.numpy_backend.layout import stack as stack
from evergraph.arrays.numpy_backend.layout import swapaxes as swapaxes
from evergraph.arrays.numpy_backend.layout import tile as tile
from evergraph.arrays.numpy_backend.layout import transpose as transpose
from evergraph.arrays.numpy_backend.layout import unstack as unstack
from evergraph.arrays.numpy_backend.layout import zeros as zeros
from evergraph.arrays.numpy_backend.layout import zeros_like as zeros_like
from evergraph.arrays.numpy_backend.matrices import band_part as band_part
from evergraph.arrays.numpy_backend.matrices import matmul as matmul
from evergraph.arrays.numpy_backend.matrices import matrix_diag as matrix_diag
from evergraph.arrays.numpy_backend.matrices import matrix_diag_part as matrix_diag_part
from evergraph.arrays.numpy_backend.matrices import matrix_set_diag as matrix_set_diag
from evergraph.arrays.numpy_backend.matrices import qr as qr
from evergraph.arrays.numpy_backend.matrices import tensordot as tensordot
from evergraph.arrays.numpy_backend.matrices import trace as trace
from evergraph.arrays.numpy_backend.operands import asarray as asarray
from evergraph.arrays.numpy_backend.operands import check as check
from evergraph.arrays.numpy_backend.operands import check_finite as check_finite
from evergraph.arrays.numpy_backend.operands import check_indices as check_indices
from evergraph.arrays.numpy_backend.operands import is_concrete as is_concrete
from evergraph.arrays.numpy_backend.operands import stop_gradient as stop_gradient
from evergraph.arrays.numpy_backend.operands import vjp as vjp
from evergraph.arrays.numpy_backend.philox import Stream as Stream
from evergraph.arrays.numpy_backend.philox import philox_blocks as philox_blocks
from evergraph.arrays.numpy_backend.philox import philox_integers as philox_integers
from evergraph.arrays.numpy_backend.philox import philox_normal as philox_normal
from evergraph.arrays.numpy_backend.philox import philox_truncated_normal as philox_truncated_normal
from evergraph.arrays.numpy_backend.philox import philox_uniform as philox_uniform
from evergraph.arrays.numpy_backend.philox import philox_words as philox_words
from evergraph.arrays.numpy_backend.philox import stateless_stream as stateless_stream
from evergraph.arrays.numpy_backend.random import philox_gamma as philox_gamma
from evergraph.arrays.numpy_backend.random import philox_multinomial as philox_multinomial
from evergraph.arrays.numpy_backend.random import philox_permutation as philox_permutation
from evergraph.arrays.numpy_backend.random import philox_poisson as philox_poisson
from evergraph.arrays.numpy_backend.reduction import all as all
from evergraph.arrays.numpy_backend.reduction import any as any
from evergraph.arrays.numpy_backend.reduction import argmax as argmax
from evergraph.arrays.numpy_backend.reduction import argmin as argmin
from evergraph.arrays.numpy_backend.reduction import cumprod as cumprod
from evergraph.arrays.numpy_backend.reduction import cumsum as cumsum
from evergraph.arrays.numpy_backend.reduction import cumulative_logsumexp as cumulative_logsumexp
from evergraph.arrays.numpy_backend.reduction import logsumexp as logsumexp
from evergraph.arrays.numpy_backend.reduction import max as max
from evergraph.arrays.numpy_backend.reduction import mean as mean
from evergraph.arrays.numpy_backend.reduction import min as min
from evergraph.arrays.numpy_backend.reduction import prod as prod
from evergraph.arrays.numpy_backend.reduction import sum as sum
from evergraph.arrays.numpy_backend.rows import update_rows as update_rows
from evergraph.arrays.numpy_backend.scatter import scatter as scatter
from evergraph.arrays.numpy_backend.scatter import scatter_nd as scatter_nd
from evergraph.arrays.numpy_backend.scatter import scatter_nd_update as scatter_nd_update
from evergraph.arrays.numpy_backend.scatter import segment_max as segment_max
from evergraph.arrays.numpy_backend.scatter import segment_mean as segment_mean
from evergraph.arrays.numpy_backend.scatter import segment_min as segment_min
from evergraph.arrays.numpy_backend.scatter import segment_prod as segment_prod
from evergraph.arrays.numpy_backend.scatter import segment_sum as segment_sum
from evergraph.arrays.numpy_backend.scatter import unsorted_segment_max as unsorted_segment_max
from evergraph.arrays.numpy_backend.scatter import unsorted_segment_min as unsorted_segment_min
from evergraph.arrays.numpy_backend.scatter import unsorted_segment_prod as unsorted_segment_prod
from evergraph.arrays.numpy_backend.scatter import unsorted_segment_sum as unsorted_segment_sum
from evergraph.arrays.numpy_backend.sorting import argsort as argsort
from evergraph.arrays.numpy_backend.sorting import bincount as bincount
from evergraph.arrays.numpy_backend.sorting import lexsort as lexsort
from evergraph.arrays.numpy_backend.sorting import nonzero as nonzero
from evergraph.arrays.numpy_backend.sorting import searchsorted as searchsorted
from evergraph.arrays.numpy_backend.sorting import sort as sort
from evergraph.arrays.numpy_backend.sorting import top_k as top_k
from evergraph.arrays.numpy_backend.sorting import unique as unique
from evergraph.arrays.numpy_backend.sparse import sparse_matmul as sparse_matmul
from evergraph.arrays.numpy_backend.special import bessel_i0e as bessel_i0e
from evergraph.arrays.numpy_backend.special import bessel_i1e as bessel_i1e
from evergraph.arrays.numpy_backend.special import betainc as betainc
from evergraph.arrays.numpy_backend.special import digamma as digamma
from evergraph.arrays.numpy_backend.special import erf as erf
from evergraph.arrays.numpy_backend.special import erfc as erfc
from evergraph.arrays.numpy_backend.special import erfinv as erfinv
from evergraph.arrays.numpy_backend.special import igamma as igamma
from evergraph.arrays.numpy_backend.special import igamma_grad_a as igamma_grad_a
from evergraph.arrays.numpy_backend.special import igammac as igammac
from evergraph.arrays.numpy_backend.special import lgamma as lgamma
from evergraph.arrays.numpy_backend.special import polygamma as polygamma
from evergraph.arrays.numpy_backend.special import random_gamma_grad as random_gamma_grad
from evergraph.arrays.numpy_backend.special import zeta as zeta
from evergraph.arrays.numpy_backend.stacks import new_stack as new_stack
from evergraph.arrays.numpy_backend.steps import scan as scan
from evergraph.arrays.numpy_backend.tensor_arrays import new_tensor_array as new_tensor_array
from evergraph.arrays.slicing import SliceMasks as SliceMasks
