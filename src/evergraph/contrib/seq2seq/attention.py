"""Attention mechanisms: what a query reads of a memory (Luong's and Bahdanau's).

Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/attention_wrapper.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from evergraph.core import dtypes, nest
from evergraph.core.shapes import dimension_value
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import control_dependencies, name_scope
from evergraph.layers.base import Layer
from evergraph.layers.core import Dense
from evergraph.layers.rnn_cell import zero_state_tensors
from evergraph.ops.array_concat import concat
from evergraph.ops.array_shape import expand_dims, rank, reshape, squeeze
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.checks import assert_positive
from evergraph.ops.fills import ones, ones_like
from evergraph.ops.math_arg import argmax
from evergraph.ops.math_functions import rsqrt, square
from evergraph.ops.math_reduction import reduce_sum
from evergraph.ops.math_trigonometry import tanh
from evergraph.ops.matmul import matmul
from evergraph.ops.select import where
from evergraph.ops.sequences import one_hot, sequence_mask
from evergraph.ops.softmax import softmax
from evergraph.variables.initializers import Constant, Ones, Zeros
from evergraph.variables.variable_scope import get_variable, variable_scope


class AttentionMechanism:
    """What `AttentionWrapper` asks: alignments of a query with a memory."""

    @property
    def alignments_size(self) -> Any:
        """The length of the memory."""
        raise NotImplementedError

    @property
    def state_size(self) -> Any:
        """The size of the state that it carries from step to step."""
        raise NotImplementedError


class BaseAttentionMechanism(AttentionMechanism):
    """A memory with keys, and a function from scores to alignments.

    Args:
        query_layer: Layer that queries go through, or None.
        memory: `[batch, time, ...]`.
        probability_fn: `f(score, state)` -> alignments.
        memory_sequence_length: integers `[batch]`: what lies behind is zeroed and not read.
        memory_layer: Layer that makes keys of the memory.
        check_inner_dims_defined: demand that the memory's inner dimensions are known.
        score_mask_value: the score of what lies behind the end; -inf when None.
        custom_key_value_fn: `f(keys, values)` -> (keys, values), or None.
        name: name of the operations' scope.

    Raises:
        TypeError: an argument is of another class.
        ValueError: an inner dimension isn't known.
    """

    def __init__(
        self,
        query_layer: Any,
        memory: Any,
        probability_fn: Callable[[Any, Any], Any],
        memory_sequence_length: Any = None,
        memory_layer: Any = None,
        check_inner_dims_defined: bool = True,
        score_mask_value: Any = None,
        custom_key_value_fn: Callable[[Any, Any], tuple[Any, Any]] | None = None,
        name: str | None = None,
    ) -> None:
        for word, layer in (("query_layer", query_layer), ("memory_layer", memory_layer)):
            if layer is not None and not isinstance(layer, Layer):
                raise TypeError(f"{word} is not a Layer: {type(layer).__name__}")
        self._query_layer = query_layer
        self._memory_layer: Any = memory_layer
        self.dtype = self._memory_layer.dtype
        if not callable(probability_fn):
            raise TypeError(
                f"probability_fn must be callable, saw type: {type(probability_fn).__name__}"
            )
        if score_mask_value is None:
            score_mask_value = dtypes.as_dtype(self.dtype).as_numpy_dtype(-np.inf)

        def masked_probability(score: Any, previous: Any) -> Any:
            masked = _masked_score(score, memory_sequence_length, score_mask_value)
            return probability_fn(masked, previous)

        self._probability_fn = masked_probability
        with name_scope(name, "BaseAttentionMechanismInit", nest.flatten(memory)):
            self._values = _prepare_memory(memory, memory_sequence_length, check_inner_dims_defined)
            self._keys = self.memory_layer(self._values) if self.memory_layer else self._values
            if custom_key_value_fn is not None:
                self._keys, self._values = custom_key_value_fn(self._keys, self._values)
            shape = self._keys.shape
            self._batch_size = dimension_value(shape[0]) or shape_of(self._keys)[0]
            self._alignments_size = dimension_value(shape[1]) or shape_of(self._keys)[1]

    @property
    def memory_layer(self) -> Any:
        """What makes keys of the memory."""
        return self._memory_layer

    @property
    def query_layer(self) -> Any:
        """What queries go through, or None."""
        return self._query_layer

    @property
    def values(self) -> Any:
        """What is read: the memory, zeros behind the ends."""
        return self._values

    @property
    def keys(self) -> Any:
        """What queries are compared with, `[batch, time, units]`."""
        return self._keys

    @property
    def batch_size(self) -> Any:
        """The batch size of the memory."""
        return self._batch_size

    @property
    def alignments_size(self) -> Any:
        """The length of the memory."""
        return self._alignments_size

    @property
    def state_size(self) -> Any:
        """The state is the last alignments."""
        return self._alignments_size

    def initial_alignments(self, batch_size: Any, dtype: Any) -> Any:
        """The alignments before the first step: zeros `[batch, time]`."""
        return zero_state_tensors(self._alignments_size, batch_size, dtype)

    def initial_state(self, batch_size: Any, dtype: Any) -> Any:
        """The state before the first step."""
        return self.initial_alignments(batch_size, dtype)


def _prepare_memory(memory: Any, lengths: Any, check_inner_dims_defined: bool) -> Any:
    """The memory as tensors, with zeros behind the ends."""
    memory = nest.map_structure(lambda m: convert_to_tensor(m, name="memory"), memory)
    if lengths is not None:
        lengths = convert_to_tensor(lengths, name="memory_sequence_length")
    if check_inner_dims_defined:
        for m in nest.flatten(memory):
            if not m.get_shape()[2:].is_fully_defined():
                raise ValueError(
                    f"Expected memory {m.name} to have fully defined inner dims, but saw shape: "
                    f"{m.get_shape()}"
                )
    if lengths is None:
        return memory
    first: Any = nest.flatten(memory)[0]
    steps = shape_of(first)[1]
    mask: Any = sequence_mask(lengths, maxlen=steps, dtype=first.dtype)

    def masked(m: Any) -> Any:
        known = m.get_shape().ndims
        count = rank(m) if known is None else known
        ones_after = ones(count - 2, dtype=dtypes.int32)
        return m * reshape(mask, concat((shape_of(mask), ones_after), 0))

    return nest.map_structure(masked, memory)


def _masked_score(score: Any, lengths: Any, mask_value: Any) -> Any:
    """`score` `[batch, time]`, with `mask_value` behind the ends."""
    if lengths is None:
        return score
    message = "All values in memory_sequence_length must be greater than zero."
    with control_dependencies([assert_positive(lengths, message=message)]):
        mask = sequence_mask(lengths, maxlen=shape_of(score)[1])
    return where(mask, score, mask_value * ones_like(score))


def luong_score(query: Any, keys: Any, scale: Any) -> Any:
    """The product scale query . key for each key: `[batch, time]`.

    Raises:
        ValueError: query and keys have different depths.
    """
    depth, units = query.get_shape()[-1], keys.get_shape()[-1]
    if depth != units:
        raise ValueError(
            "Incompatible or unknown inner dimensions between query and keys.  "
            f"Query ({query}) has units: {depth}.  Keys ({keys}) have units: {units}.  "
            f"Perhaps you need to set num_units to the keys' dimension ({units})?"
        )
    score: Any = matmul(expand_dims(query, 1), keys, transpose_b=True)
    score = squeeze(score, [1])
    return score if scale is None else scale * score


def bahdanau_score(
    processed_query: Any,
    keys: Any,
    attention_v: Any,
    attention_g: Any = None,
    attention_b: Any = None,
) -> Tensor:
    """The sum v . tanh(key + query) for each key; with g and b, g v/|v| . tanh(key + query + b)."""
    query = expand_dims(processed_query, 1)
    if attention_g is not None and attention_b is not None:
        normed = attention_g * attention_v * rsqrt(reduce_sum(square(attention_v)))
        return reduce_sum(normed * tanh(keys + query + attention_b), [2])
    return reduce_sum(attention_v * tanh(keys + query), [2])


class ScoredAttention(BaseAttentionMechanism):
    """Alignments are a function of scores, which are made in a scope of their own."""

    _scope: str
    _num_units: int
    _name: str

    def __call__(self, query: Any, state: Any) -> tuple[Any, Any]:
        """(alignments, next state) for a query `[batch, depth]`: both `[batch, time]`."""
        with variable_scope(None, self._scope, [query]):
            score = self._scores(query)
        alignments = self._probability_fn(score, state)
        return alignments, alignments

    def _scores(self, query: Any) -> Any:
        """The score of each key, `[batch, time]`."""
        raise NotImplementedError


class LuongScores(ScoredAttention):
    """The score of a key is its product with the query, scaled by a variable where that is asked.

    Args:
        num_units: depth of the keys, and of the query.
        scale: whether the score is scaled.
        dtype: dtype of the layer; float32 when None.
        name: name of the operations' scope.
        **options: as of `BaseAttentionMechanism`.
    """

    def __init__(self, num_units: int, scale: bool, dtype: Any, name: str, **options: Any) -> None:
        super().__init__(
            query_layer=None,
            memory_layer=_key_layer(num_units, dtypes.float32 if dtype is None else dtype),
            name=name,
            **options,
        )
        self._num_units = num_units
        self._scale = scale
        self._name = name

    def _scores(self, query: Any) -> Any:
        scale = None
        if self._scale:
            scale = get_variable("attention_g", dtype=query.dtype, initializer=Ones, shape=())
        return luong_score(query, self._keys, scale)


class BahdanauScores(ScoredAttention):
    """The score of a key is v . tanh(key + query), normalised where that is asked.

    Args:
        num_units: depth of the keys and of what is made of the query.
        normalize: whether v is normalised and a bias added.
        dtype: dtype of the layers; float32 when None.
        name: name of the operations' scope.
        **options: as of `BaseAttentionMechanism`.
    """

    def __init__(
        self, num_units: int, normalize: bool, dtype: Any, name: str, **options: Any
    ) -> None:
        dtype = dtypes.float32 if dtype is None else dtype
        super().__init__(
            query_layer=_key_layer(num_units, dtype, "query_layer"),
            memory_layer=_key_layer(num_units, dtype),
            name=name,
            **options,
        )
        self._num_units = num_units
        self._normalize = normalize
        self._name = name

    def _scores(self, query: Any) -> Any:
        processed = self.query_layer(query) if self.query_layer else query
        units, dtype = self._num_units, query.dtype
        v = get_variable("attention_v", [units], dtype=dtype)
        if not self._normalize:
            return bahdanau_score(processed, self._keys, v)
        length = Constant(math.sqrt(1.0 / units))
        g = get_variable("attention_g", dtype=dtype, initializer=length, shape=())
        b = get_variable("attention_b", [units], dtype=dtype, initializer=Zeros())
        return bahdanau_score(processed, self._keys, v, g, b)


def _key_layer(num_units: int, dtype: Any, name: str = "memory_layer") -> Dense:
    """The layer that makes keys of a memory, or what a query is compared by."""
    return Dense(num_units, name=name, use_bias=False, dtype=dtype)


class LuongAttention(LuongScores):
    """Multiplicative attention: the score of a key is its product with the query.

    Args:
        num_units: depth of the keys, and of the query.
        memory: `[batch, time, ...]`.
        memory_sequence_length: integers `[batch]`, or None.
        scale: whether the score is scaled by a variable.
        probability_fn: `f(score)` -> alignments; softmax when None.
        score_mask_value: the score of what lies behind the end; -inf when None.
        dtype: dtype of the layer; float32 when None.
        custom_key_value_fn: `f(keys, values)` -> (keys, values), or None.
        name: name of the operations' scope.

    Reference: Luong, Pham, Manning: Effective approaches to attention-based neural machine
        translation, EMNLP 2015.
    """

    _scope = "luong_attention"

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        scale: bool = False,
        probability_fn: Callable[[Any], Any] | None = None,
        score_mask_value: Any = None,
        dtype: Any = None,
        custom_key_value_fn: Any = None,
        name: str = "LuongAttention",
    ) -> None:
        chosen = softmax if probability_fn is None else probability_fn
        super().__init__(
            num_units,
            scale,
            dtype,
            name,
            memory=memory,
            probability_fn=lambda score, _: chosen(score),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            custom_key_value_fn=custom_key_value_fn,
        )


class BahdanauAttention(BahdanauScores):
    """Additive attention: the score of a key is v . tanh(key + query).

    Args:
        num_units: depth of the keys and of what is made of the query.
        memory: `[batch, time, ...]`.
        memory_sequence_length: integers `[batch]`, or None.
        normalize: whether v is normalised and a bias added.
        probability_fn: `f(score)` -> alignments; softmax when None.
        score_mask_value: the score of what lies behind the end; -inf when None.
        dtype: dtype of the layers; float32 when None.
        custom_key_value_fn: `f(keys, values)` -> (keys, values), or None.
        name: name of the operations' scope.

    Reference: Bahdanau, Cho, Bengio: Neural machine translation by jointly learning to align and
        translate, ICLR 2015.
    """

    _scope = "bahdanau_attention"

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        normalize: bool = False,
        probability_fn: Callable[[Any], Any] | None = None,
        score_mask_value: Any = None,
        dtype: Any = None,
        custom_key_value_fn: Any = None,
        name: str = "BahdanauAttention",
    ) -> None:
        chosen = softmax if probability_fn is None else probability_fn
        super().__init__(
            num_units,
            normalize,
            dtype,
            name,
            memory=memory,
            probability_fn=lambda score, _: chosen(score),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            custom_key_value_fn=custom_key_value_fn,
        )


def hardmax(logits: Any, name: str | None = None) -> Tensor:
    """1 at the largest element of the last dimension, 0 elsewhere.

    Args:
        logits: `[..., depth]`.
        name: name of the operations' scope; "Hardmax" when None.

    Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/attention_wrapper.py.
    """
    with name_scope(name, "Hardmax", [logits]):
        logits = convert_to_tensor(logits, name="logits")
        depth: Any = dimension_value(logits.get_shape()[-1])
        if depth is None:
            depth = shape_of(logits)[-1]
        return one_hot(argmax(logits, -1), depth, dtype=logits.dtype)
