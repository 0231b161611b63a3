"""Scheduled sampling: training helpers that now and then take what the decoder said itself.

Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/helper.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evergraph.contrib.seq2seq.helper import TrainingHelper, embedding_function, unstack_rows
from evergraph.contrib.seq2seq.sampling import bernoulli_sample, categorical_sample
from evergraph.core import dtypes, nest
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.layers.rnn_step import transpose_batch_time
from evergraph.ops.array_concat import concat
from evergraph.ops.array_gather import gather_nd
from evergraph.ops.array_scatter import scatter_nd
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cast import cast
from evergraph.ops.cond import cond
from evergraph.ops.fills import FILL
from evergraph.ops.math_comparison import logical_not, logical_or
from evergraph.ops.math_statistics import reduce_all, reduce_any
from evergraph.ops.select import where


def _checked_probability(value: Any) -> Tensor:
    probability = convert_to_tensor(value, name="sampling_probability")
    if probability.get_shape().ndims not in (0, 1):
        raise ValueError(
            "sampling_probability must be either a scalar or a vector. "
            f"saw shape: {probability.get_shape()}"
        )
    return probability


def _merged(places: Any, rows: Any, other_places: Any, other_rows: Any, base: Any) -> Any:
    """A tensor like `base` with `rows` at `places` and `other_rows` at `other_places`."""
    shape = shape_of(base)
    one: Any = scatter_nd(indices=places, updates=rows, shape=shape)
    return one + scatter_nd(indices=other_places, updates=other_rows, shape=shape)


class ScheduledEmbeddingTrainingHelper(TrainingHelper):
    """A TrainingHelper that sometimes takes the embedding of a symbol drawn by its score.

    Args:
        inputs: `[batch, time, ...]`.
        sequence_length: int32 `[batch]`.
        embedding: `f(ids)` -> inputs, or the parameters of `tf.nn.embedding_lookup`.
        sampling_probability: how often a symbol is drawn; a scalar or `[batch]`.
        time_major: whether `inputs` is `[time, batch, ...]`.
        seed: the op seed of the symbols.
        scheduling_seed: the op seed of whether one is drawn.
        name: name of the operations' scope.

    Raises:
        ValueError: the probability is neither a scalar nor a vector.
    """

    def __init__(
        self,
        inputs: Any,
        sequence_length: Any,
        embedding: Any,
        sampling_probability: Any,
        time_major: bool = False,
        seed: int | None = None,
        scheduling_seed: int | None = None,
        name: str | None = None,
    ) -> None:
        scope = "ScheduledEmbeddingSamplingWrapper"
        with name_scope(name, scope, [embedding, sampling_probability]):
            self._embedding_fn = embedding_function(embedding)
            self._sampling_probability = _checked_probability(sampling_probability)
            self._seed = seed
            self._scheduling_seed = scheduling_seed
            super().__init__(
                inputs=inputs, sequence_length=sequence_length, time_major=time_major, name=name
            )

    def sample(  # type: ignore[override]  # TensorFlow's parameters
        self, time: Any, outputs: Any, state: Any, name: str | None = None
    ) -> Tensor:
        """Symbols drawn, -1 where the given input is to be taken."""
        scope = "ScheduledEmbeddingTrainingHelperSample"
        with name_scope(name, scope, [time, outputs, state]):
            is_drawn = bernoulli_sample(
                probs=self._sampling_probability,
                dtype=dtypes.bool,
                sample_shape=self.batch_size,
                seed=self._scheduling_seed,
            )
            drawn = categorical_sample(logits=outputs, seed=self._seed)
            return where(is_drawn, drawn, FILL([self.batch_size], -1))

    def next_inputs(  # type: ignore[override]  # TensorFlow's parameters
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """The given inputs, or the embeddings of the symbols drawn."""
        scope = "ScheduledEmbeddingTrainingHelperNextInputs"
        with name_scope(name, scope, [time, outputs, state, sample_ids]):
            finished, base, state = super().next_inputs(
                time=time, outputs=outputs, state=state, sample_ids=sample_ids, name=name
            )

            def mixed() -> Any:
                drawn = cast(where(sample_ids > -1), dtypes.int32)
                given = cast(where(sample_ids <= -1), dtypes.int32)
                ids = gather_nd(sample_ids, drawn)
                rows = gather_nd(base, given)
                return _merged(drawn, self._embedding_fn(ids), given, rows, base)

            return finished, cond(reduce_all(finished), lambda: base, mixed), state


class ScheduledOutputTrainingHelper(TrainingHelper):
    """A TrainingHelper that sometimes takes the decoder's last output.

    Args:
        inputs: `[batch, time, ...]`.
        sequence_length: int32 `[batch]`.
        sampling_probability: how often the output is taken; a scalar or `[batch]`.
        time_major: whether `inputs` is `[time, batch, ...]`.
        seed: the op seed.
        next_inputs_fn: `f(outputs)` -> inputs; the outputs themselves when None.
        auxiliary_inputs: `[batch, time, ...]`, which all inputs are joined with.
        name: name of the operations' scope.

    Raises:
        ValueError: the probability is neither a scalar nor a vector.
    """

    def __init__(
        self,
        inputs: Any,
        sequence_length: Any,
        sampling_probability: Any,
        time_major: bool = False,
        seed: int | None = None,
        next_inputs_fn: Callable[..., Any] | None = None,
        auxiliary_inputs: Any = None,
        name: str | None = None,
    ) -> None:
        scope = "ScheduledOutputTrainingHelper"
        with name_scope(name, scope, [inputs, auxiliary_inputs, sampling_probability]):
            self._sampling_probability = _checked_probability(sampling_probability)
            joined = inputs
            self._auxiliary_arrays = None
            if auxiliary_inputs is not None:
                inputs = convert_to_tensor(inputs, name="inputs")
                auxiliary_inputs = convert_to_tensor(auxiliary_inputs, name="auxiliary_inputs")
                joined = nest.map_structure(
                    lambda x, y: concat((x, y), -1), inputs, auxiliary_inputs
                )
                if not time_major:
                    auxiliary_inputs = nest.map_structure(transpose_batch_time, auxiliary_inputs)
                self._auxiliary_arrays = nest.map_structure(unstack_rows, auxiliary_inputs)
            self._seed = seed
            self._next_inputs_fn = next_inputs_fn
            super().__init__(
                inputs=joined, sequence_length=sequence_length, time_major=time_major, name=name
            )

    def sample(  # type: ignore[override]  # TensorFlow's parameters
        self, time: Any, outputs: Any, state: Any, name: str | None = None
    ) -> Tensor:
        """1 where the output is to be taken, int32 `[batch]`."""
        scope = "ScheduledOutputTrainingHelperSample"
        with name_scope(name, scope, [time, outputs, state]):
            return bernoulli_sample(
                probs=self._sampling_probability,
                sample_shape=self.batch_size,
                seed=self._seed,
            )

    def next_inputs(  # type: ignore[override]  # TensorFlow's parameters
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """The given inputs, or what is made of the outputs."""
        scope = "ScheduledOutputTrainingHelperNextInputs"
        with name_scope(name, scope, [time, outputs, state, sample_ids]):
            finished, base, state = super().next_inputs(
                time=time, outputs=outputs, state=state, sample_ids=sample_ids, name=name
            )
            is_taken = cast(sample_ids, dtypes.bool)

            def mixed() -> Any:
                if self._next_inputs_fn is None:
                    return where(is_taken, self._with_auxiliary(time, outputs), base)
                taken = cast(where(is_taken), dtypes.int32)
                given = cast(where(logical_not(is_taken)), dtypes.int32)
                rows = gather_nd(outputs, taken)
                others = gather_nd(base, given)
                rows = self._with_auxiliary(time, self._next_inputs_fn(rows), taken)
                return _merged(taken, rows, given, others, base)

            all_finished = reduce_all(finished)
            none_taken = logical_not(reduce_any(is_taken))
            next_inputs = cond(logical_or(all_finished, none_taken), lambda: base, mixed)
            return finished, next_inputs, state

    def _with_auxiliary(self, time: Any, outputs: Any, places: Any = None) -> Any:
        """`outputs` joined with the auxiliary inputs of the next step, those at `places`."""
        if self._auxiliary_arrays is None:
            return outputs
        next_time = time + 1
        found = nest.map_structure(lambda array: array.read(next_time), self._auxiliary_arrays)
        if places is not None:
            found = gather_nd(found, places)
        return nest.map_structure(lambda x, y: concat((x, y), -1), outputs, found)
