"""Helpers: they choose a decoder's next inputs, from what it should say or from what it said.

Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/helper.py.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any

from evergraph.contrib.seq2seq.sampling import categorical_sample
from evergraph.core import dtypes, nest
from evergraph.core.shapes import TensorShape
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.layers.rnn_step import transpose_batch_time
from evergraph.ops.array_layout import tile
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.array_shape import size as size_of
from evergraph.ops.cast import cast
from evergraph.ops.cond import cond
from evergraph.ops.embedding import embedding_lookup
from evergraph.ops.fills import zeros_like
from evergraph.ops.math_arg import argmax
from evergraph.ops.math_comparison import equal
from evergraph.ops.math_statistics import reduce_all
from evergraph.ops.tensor_array import TensorArray


def unstack_rows(x: Any) -> TensorArray:
    """A TensorArray of the elements of `x` along its first dimension."""
    array = TensorArray(
        dtype=x.dtype,
        size=shape_of(x)[0],
        element_shape=x.get_shape()[1:],
    )
    return array.unstack(x)


def embedding_function(embedding: Any) -> Callable[[Any], Any]:
    """`embedding` itself when it can be called, else a look-up in it."""
    if callable(embedding):
        function: Callable[[Any], Any] = embedding
        return function
    return lambda ids: embedding_lookup(embedding, ids)


def check_single_tensor(outputs: Any) -> None:
    """Refuse outputs that aren't one tensor.

    Raises:
        TypeError: they aren't.
    """
    if not isinstance(outputs, Tensor):
        raise TypeError(f"Expected outputs to be a single Tensor, got: {type(outputs)}")


class Helper(abc.ABC):
    """How a BasicDecoder begins, what it samples, and what comes next."""

    @property
    @abc.abstractmethod
    def batch_size(self) -> Any:
        """The number of sequences, a scalar tensor."""
        raise NotImplementedError("batch_size has not been implemented")

    @property
    @abc.abstractmethod
    def sample_ids_shape(self) -> Any:
        """The shape of a sample, without the batch."""
        raise NotImplementedError("sample_ids_shape has not been implemented")

    @property
    @abc.abstractmethod
    def sample_ids_dtype(self) -> Any:
        """The dtype of a sample."""
        raise NotImplementedError("sample_ids_dtype has not been implemented")

    @abc.abstractmethod
    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """(finished, first inputs)."""

    @abc.abstractmethod
    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """What is sampled from a step's outputs."""

    @abc.abstractmethod
    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """(finished, next inputs, next state)."""


class _OfTokens(Helper):
    """A helper whose samples are int32 numbers of symbols."""

    @property
    def sample_ids_shape(self) -> TensorShape:
        """A scalar's."""
        return TensorShape([])

    @property
    def sample_ids_dtype(self) -> Any:
        """int32."""
        return dtypes.int32


class CustomHelper(Helper):
    """A helper made of functions.

    Args:
        initialize_fn: `f()` -> (finished, first inputs).
        sample_fn: `f(time=, outputs=, state=)` -> samples.
        next_inputs_fn: `f(time=, outputs=, state=, sample_ids=)` -> (finished, inputs, state).
        sample_ids_shape: shape of a sample; a scalar's when None.
        sample_ids_dtype: dtype of a sample; int32 when None.
    """

    def __init__(
        self,
        initialize_fn: Callable[..., Any],
        sample_fn: Callable[..., Any],
        next_inputs_fn: Callable[..., Any],
        sample_ids_shape: Any = None,
        sample_ids_dtype: Any = None,
    ) -> None:
        self._initialize_fn = initialize_fn
        self._sample_fn = sample_fn
        self._next_inputs_fn = next_inputs_fn
        self._batch_size: Any = None
        self._sample_ids_shape = TensorShape(sample_ids_shape or [])
        self._sample_ids_dtype = sample_ids_dtype or dtypes.int32

    @property
    def batch_size(self) -> Any:
        """The number of sequences; known once `initialize` was called."""
        if self._batch_size is None:
            raise ValueError("batch_size accessed before initialize was called")
        return self._batch_size

    @property
    def sample_ids_shape(self) -> TensorShape:
        """As given."""
        return self._sample_ids_shape

    @property
    def sample_ids_dtype(self) -> Any:
        """As given."""
        return self._sample_ids_dtype

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """What `initialize_fn` gives."""
        with name_scope(name, f"{type(self).__name__}Initialize"):
            finished, inputs = self._initialize_fn()
            if self._batch_size is None:
                self._batch_size = size_of(finished)
        return finished, inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """What `sample_fn` gives."""
        with name_scope(name, f"{type(self).__name__}Sample", (time, outputs, state)):
            return self._sample_fn(time=time, outputs=outputs, state=state)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """What `next_inputs_fn` gives."""
        with name_scope(name, f"{type(self).__name__}NextInputs", (time, outputs, state)):
            found: tuple[Any, Any, Any] = self._next_inputs_fn(
                time=time, outputs=outputs, state=state, sample_ids=sample_ids
            )
            return found


class TrainingHelper(_OfTokens):
    """The inputs are given: what the decoder should have said before.

    Args:
        inputs: `[batch, time, ...]`.
        sequence_length: int32 `[batch]`.
        time_major: whether `inputs` is `[time, batch, ...]`.
        name: name of the operations' scope.

    Raises:
        ValueError: `sequence_length` is no vector.
    """

    def __init__(
        self, inputs: Any, sequence_length: Any, time_major: bool = False, name: str | None = None
    ) -> None:
        with name_scope(name, "TrainingHelper", [inputs, sequence_length]):
            inputs = convert_to_tensor(inputs, name="inputs")
            self._inputs = inputs
            if not time_major:
                inputs = nest.map_structure(transpose_batch_time, inputs)
            self._input_arrays = nest.map_structure(unstack_rows, inputs)
            self._sequence_length: Any = convert_to_tensor(sequence_length, name="sequence_length")
            if self._sequence_length.get_shape().ndims != 1:
                raise ValueError(
                    "Expected sequence_length to be a vector, but received shape: "
                    f"{self._sequence_length.get_shape()}"
                )
            self._zero_inputs = nest.map_structure(lambda x: zeros_like(x[0, :]), inputs)
            self._batch_size = size_of(sequence_length)

    @property
    def inputs(self) -> Any:
        """The inputs, as given."""
        return self._inputs

    @property
    def sequence_length(self) -> Any:
        """The lengths, as given."""
        return self._sequence_length

    @property
    def batch_size(self) -> Any:
        """The number of sequences."""
        return self._batch_size

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """Sequences without steps are finished; the inputs of step 0."""
        with name_scope(name, "TrainingHelperInitialize"):
            finished = equal(0, self._sequence_length)
            return finished, self._inputs_at(0, finished)

    def _inputs_at(self, time: Any, finished: Any) -> Any:
        return cond(
            reduce_all(finished),
            lambda: self._zero_inputs,
            lambda: nest.map_structure(lambda array: array.read(time), self._input_arrays),
        )

    def sample(  # type: ignore[override]  # TensorFlow's parameters
        self, time: Any, outputs: Any, name: str | None = None, **unused_kwargs: Any
    ) -> Tensor:
        """The best symbol."""
        with name_scope(name, "TrainingHelperSample", [time, outputs]):
            result: Tensor = cast(argmax(outputs, axis=-1), dtypes.int32)
            return result

    def next_inputs(  # type: ignore[override]  # TensorFlow's parameters
        self, time: Any, outputs: Any, state: Any, name: str | None = None, **unused_kwargs: Any
    ) -> tuple[Any, Any, Any]:
        """The inputs of the next step."""
        with name_scope(name, "TrainingHelperNextInputs", [time, outputs, state]):
            next_time = time + 1
            finished = next_time >= self._sequence_length
            return finished, self._inputs_at(next_time, finished), state


class GreedyEmbeddingHelper(_OfTokens):
    """The next input is the embedding of the symbol that scored best.

    Args:
        embedding: `f(ids)` -> inputs, or the parameters of `tf.nn.embedding_lookup`.
        start_tokens: int32 `[batch]`, the first symbols.
        end_token: int32 scalar, the symbol that ends a sequence.

    Raises:
        ValueError: `start_tokens` is no vector, or `end_token` no scalar.
    """

    def __init__(self, embedding: Any, start_tokens: Any, end_token: Any) -> None:
        self._embedding_fn = embedding_function(embedding)
        self._start_tokens = convert_to_tensor(
            start_tokens, dtype=dtypes.int32, name="start_tokens"
        )
        self._end_token = convert_to_tensor(end_token, dtype=dtypes.int32, name="end_token")
        if self._start_tokens.get_shape().ndims != 1:
            raise ValueError("start_tokens must be a vector")
        self._batch_size = size_of(start_tokens)
        if self._end_token.get_shape().ndims != 0:
            raise ValueError("end_token must be a scalar")
        self._start_inputs = self._embedding_fn(self._start_tokens)

    @property
    def batch_size(self) -> Any:
        """The number of sequences."""
        return self._batch_size

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """Nothing is finished; the embedding of the first symbols."""
        return tile([False], [self._batch_size]), self._start_inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Tensor:
        """The best symbol."""
        check_single_tensor(outputs)
        return argmax(outputs, axis=-1, output_type=dtypes.int32)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """The embedding of what was sampled."""
        finished = equal(sample_ids, self._end_token)
        next_inputs = cond(
            reduce_all(finished),
            lambda: self._start_inputs,
            lambda: self._embedding_fn(sample_ids),
        )
        return finished, next_inputs, state


class SampleEmbeddingHelper(GreedyEmbeddingHelper):
    """The next input is the embedding of a symbol drawn by its score.

    Args:
        embedding: `f(ids)` -> inputs, or the parameters of `tf.nn.embedding_lookup`.
        start_tokens: int32 `[batch]`, the first symbols.
        end_token: int32 scalar, the symbol that ends a sequence.
        softmax_temperature: what the scores are divided by; 1 when None.
        seed: the op seed.
    """

    def __init__(
        self,
        embedding: Any,
        start_tokens: Any,
        end_token: Any,
        softmax_temperature: Any = None,
        seed: int | None = None,
    ) -> None:
        super().__init__(embedding, start_tokens, end_token)
        self._softmax_temperature = softmax_temperature
        self._seed = seed

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Tensor:
        """A symbol drawn."""
        check_single_tensor(outputs)
        logits = outputs
        if self._softmax_temperature is not None:
            logits = outputs / self._softmax_temperature
        return categorical_sample(logits=logits, seed=self._seed)


class InferenceHelper(Helper):
    """The next input is made of what `sample_fn` gives.

    Args:
        sample_fn: `f(outputs)` -> samples.
        sample_shape: shape of a sample, without the batch.
        sample_dtype: dtype of a sample.
        start_inputs: the first inputs.
        end_fn: `f(samples)` -> finished, boolean `[batch]`.
        next_inputs_fn: `f(samples)` -> inputs; the samples themselves when None.
    """

    def __init__(
        self,
        sample_fn: Callable[..., Any],
        sample_shape: Any,
        sample_dtype: Any,
        start_inputs: Any,
        end_fn: Callable[..., Any],
        next_inputs_fn: Callable[..., Any] | None = None,
    ) -> None:
        self._sample_fn = sample_fn
        self._end_fn = end_fn
        self._sample_shape = TensorShape(sample_shape)
        self._sample_dtype = sample_dtype
        self._next_inputs_fn = next_inputs_fn
        self._batch_size = shape_of(start_inputs)[0]
        self._start_inputs = convert_to_tensor(start_inputs, name="start_inputs")

    @property
    def batch_size(self) -> Any:
        """The number of sequences."""
        return self._batch_size

    @property
    def sample_ids_shape(self) -> TensorShape:
        """As given."""
        return self._sample_shape

    @property
    def sample_ids_dtype(self) -> Any:
        """As given."""
        return self._sample_dtype

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """Nothing is finished; the first inputs."""
        return tile([False], [self._batch_size]), self._start_inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """What `sample_fn` gives."""
        return self._sample_fn(outputs)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """What `next_inputs_fn` and `end_fn` say of the samples."""
        make = self._next_inputs_fn
        next_inputs = sample_ids if make is None else make(sample_ids)
        return self._end_fn(sample_ids), next_inputs, state
