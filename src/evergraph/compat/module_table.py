"""TensorFlow's internal modules, and where Evergraph keeps what they hold.

A line says in which of Evergraph's modules the names of one of TensorFlow's are looked up, in this
order; `ops.math_*` means all modules so named. A module that doesn't exist is passed over. Names
whose spelling differs stand in `RENAMED`.
"""

from __future__ import annotations

PREFIX = "tensorflow.python."
GENERATED = "compat.generated_ops"
MESSAGES = "protos"

# Below tensorflow.python.
_PYTHON = {
    "autograph": "platform.autograph",
    "autograph.core.ag_ctx": "platform.autograph",
    "autograph.impl.api": "platform.autograph",
    "client.device_lib": "platform.device_lib",
    "client.session": "runtime.session runtime.fetches api",
    "client.timeline": "platform.timeline",
    "compat.compat": "platform.versions",
    "compat.v2_compat": "platform.versions",
    "data": "",
    "data.ops": "",
    "data.ops.dataset_ops": "",
    "eager.backprop": "platform.eager",
    "eager.context": "platform.eager",
    "eager.def_function": "platform.eager",
    "eager.function": "platform.eager",
    "eager.wrap_function": "platform.eager",
    "framework": "",
    "framework.c_api_util": "platform.ops_internals",
    "framework.common_shapes": "platform.common_shapes core.shapes",
    "framework.composite_tensor": "graph.composite graph.tensor_spec",
    "framework.constant_op": "ops.constants api",
    "framework.device": "graph.device",
    "framework.dtypes": "core.dtypes",
    "framework.errors": "core.errors",
    "framework.errors_impl": "core.errors",
    "framework.function": "functions.defun functions.func_graph serialize.function_library",
    "framework.function_def_to_graph": "functions.func_graph",
    "framework.graph_to_function_def": "functions.defun",
    "framework.graph_io": "training.graph_io api.train api",
    "framework.graph_util": "api.graph_util serialize.freezing serialize.graph_def",
    "framework.graph_util_impl": "api.graph_util serialize.freezing serialize.graph_def",
    "framework.importer": "serialize.import_graph api",
    "framework.indexed_slices": "graph.composite graph.tensor_spec",
    "framework.load_library": "api",
    "framework.meta_graph": "serialize.meta_graph serialize.collections training.saver api.train",
    "framework.op_def_library": "compat.generated_ops",
    "framework.op_def_registry": "registry.op_def",
    "framework.ops": (
        "graph.graph graph.operation graph.scopes graph.keys graph.conversion graph.composite "
        "graph.building registry.gradients serialize.collections era0.registration "
        "platform.ops_internals platform.eager api"
    ),
    "framework.random_seed": "graph.scopes platform.test_case",
    "framework.registry": "platform.registry",
    "framework.smart_cond": "ops.smart_cond",
    "framework.sparse_tensor": "graph.composite graph.tensor_spec api.sparse",
    "framework.subscribe": "platform.subscribe",
    "framework.tensor_shape": "core.shapes core.dimensions",
    "framework.tensor_spec": "graph.tensor_spec",
    "framework.tensor_util": "registry.constant_value serialize.tensor_proto ops.constants api",
    "framework.test_ops": "platform.test_ops compat.generated_ops",
    "framework.test_util": (
        "platform.test_case platform.test_decorators platform.graph_assertions platform.test"
    ),
    "framework.type_spec": "graph.tensor_spec",
    "framework.versions": "api.version api",
    "keras": "",
    "keras.activations": "layers.named_objects",
    "keras.constraints": "",
    "keras.engine": "",
    "keras.engine.base_layer": "layers.base_layer layers.input_spec",
    "keras.engine.input_spec": "layers.input_spec",
    "keras.engine.network": "keras.network",
    "keras.initializers": (
        "layers.named_objects variables.initializers variables.orthogonal_initializers "
        "api.initializers"
    ),
    "keras.layers": "",
    "keras.regularizers": "",
    "keras.testing_utils": "",
    "keras.utils": "",
    "layers": "",
    "layers.base": "layers.base layers.base_layer layers.input_spec api.layers",
    "layers.convolutional": "",
    "layers.core": "layers.core api.layers",
    "layers.layers": "api.layers",
    "lib.io.file_io": "platform.file_io",
    "lib.io.python_io": "data.tfrecord",
    "lib.io.tf_record": "data.tfrecord",
    "ops": "",
    "ops.array_grad": "",
    "ops.array_ops": (
        "ops.array_* ops.fills ops.identity ops.placeholders ops.constants ops.select "
        "ops.sequences ops.strided_slice ops.diagonal* ops.space_* ops.unique ops.searching "
        "ops.repeat ops.image_patches api"
    ),
    "ops.candidate_sampling_ops": "ops.candidate_sampling api.nn",
    "ops.check_ops": "ops.assertions platform.check_ops_v2 api.debugging api",
    "ops.clip_ops": "ops.clip api",
    "ops.confusion_matrix": "ops.confusion api",
    "ops.constant_op": "ops.constants api",
    "ops.control_flow_grad": "",
    "ops.control_flow_ops": (
        "ops.cond ops.grouping ops.control_flow ops.control_contexts ops.while_* ops.assertions "
        "ops.identity functions.switch_case api compat.generated_ops"
    ),
    "ops.control_flow_util": "ops.control_places platform.eager",
    "ops.control_flow_v2_toggles": "platform.versions",
    "ops.ctc_ops": "ops.ctc_* autodiff.ctc_dense api.nn",
    "ops.cudnn_rnn_grad": "",
    "ops.custom_gradient": "autodiff.custom_gradient api",
    "ops.data_flow_grad": "",
    "ops.data_flow_ops": "ops.dynamic_partition api compat.generated_ops",
    "ops.embedding_ops": "ops.embedding* api.nn",
    "ops.functional_ops": "functions.functional_ops ops.functional ops.higher_order api",
    "ops.gradient_checker": "platform.gradient_checker",
    "ops.gradient_checker_v2": "platform.gradient_checker_v2",
    "ops.gradients": (
        "autodiff.gradients autodiff.custom_gradient autodiff.hessians autodiff.aggregation api"
    ),
    "ops.gradients_impl": (
        "autodiff.gradients autodiff.custom_gradient autodiff.hessians autodiff.aggregation api"
    ),
    "ops.gradients_util": "autodiff.gradients autodiff.aggregation",
    "ops.histogram_ops": "ops.math_histogram",
    "ops.image_grad": "",
    "ops.image_ops": "ops.non_max_suppression* api.image",
    "ops.image_ops_impl": "ops.non_max_suppression* api.image",
    "ops.init_ops": (
        "variables.initializers variables.orthogonal_initializers api.initializers api"
    ),
    "ops.io_ops": "ops.io ops.files api.io api",
    "ops.linalg.linalg": "api.linalg",
    "ops.linalg.linalg_impl": "api.linalg",
    "ops.linalg_grad": "",
    "ops.linalg_ops": "api api.linalg",
    "ops.logging_ops": "ops.printing ops.assertions api.summary api",
    "ops.lookup_ops": "api",
    "ops.losses": "",
    "ops.losses.losses": "",
    "ops.manip_grad": "",
    "ops.map_fn": "ops.higher_order api",
    "ops.math_grad": "",
    "ops.math_ops": (
        "ops.math_* ops.cast ops.complex ops.matmul ops.sequences ops.sigmoid ops.bitwise "
        "ops.clip ops.sparse_values ops.fills api api.math compat.generated_ops"
    ),
    "ops.nn": (
        "ops.dropout ops.normalization ops.sampled_losses ops.nn_* ops.activation ops.softmax "
        "ops.sigmoid ops.cross_entropy ops.top_k ops.embedding ops.conv* ops.pool* api.nn"
    ),
    "ops.nn_grad": "",
    "ops.nn_impl": (
        "compat.second_versions ops.nn_* ops.normalization ops.sampled_losses ops.sigmoid "
        "ops.activation ops.embedding api.nn"
    ),
    "ops.nn_ops": (
        "compat.second_versions ops.dropout ops.activation ops.nn_* ops.softmax ops.sigmoid "
        "ops.cross_entropy ops.top_k ops.conv* ops.pool* ops.data_format api.nn"
    ),
    "ops.numerics": "ops.numerics api",
    "ops.parsing_ops": "api.io api",
    "ops.partitioned_variables": "variables.partitioners variables.partitioned_variable api",
    "ops.random_grad": "ops.random_distributions",
    "ops.random_ops": "ops.random* api.random api",
    "ops.resource_variable_ops": (
        "variables.resource_variable variables.resource_updates ops.resource variables.variable "
        "api compat.generated_ops"
    ),
    "ops.resources": "api",
    "ops.rnn": (
        "layers.rnn_dynamic layers.rnn_static layers.rnn_raw layers.rnn_step era0.rnn api.nn"
    ),
    "ops.rnn_cell": "api.rnn_cell",
    "ops.rnn_cell_impl": (
        "layers.rnn_cell layers.basic_rnn_cells layers.lstm_cells layers.rnn_cell_wrappers "
        "api.rnn_cell"
    ),
    "ops.rnn_cell_wrapper_impl": "layers.rnn_cell_wrappers",
    "ops.rnn_grad": "",
    "ops.script_ops": "ops.py_func api",
    "ops.seq2seq": "contrib.legacy_seq2seq",
    "ops.sparse_grad": "",
    "ops.sets": "ops.sets",
    "ops.sets_impl": "ops.sets",
    "ops.sparse_ops": "ops.sparse_* api.sparse api",
    "ops.special_math_ops": "ops.math_special ops.matmul api api.math",
    "ops.spectral_grad": "",
    "ops.standard_ops": "api",
    "ops.state_grad": "",
    "ops.state_ops": "ops.state ops.state_scatter variables.resource_updates api",
    "ops.stateless_random_ops": "ops.random_stateless api.random",
    "ops.string_ops": "ops.strings ops.printing api.strings api",
    "ops.summary_op_util": "summary.summaries",
    "ops.template": "variables.template api",
    "ops.tensor_array_grad": "",
    "ops.tensor_array_ops": "ops.tensor_array api",
    "ops.variable_scope": (
        "variables.variable_scope variables.scope variables.variable_store variables.variable "
        "variables.partition_info variables.reuse variables.creation variables.replication api"
    ),
    "ops.variables": (
        "variables.variable variables.ref_variable variables.lists "
        "variables.partitioned_variable variables.replication api"
    ),
    "ops.weights_broadcast_ops": "ops.confusion",
    "ops.cond_v2": "",
    "ops.while_v2": "",
    "platform": "",
    "platform.app": "platform.app",
    "platform.benchmark": "platform.benchmark",
    "platform.flags": "platform.flags",
    "platform.gfile": "platform.gfile",
    "platform.googletest": "platform.test",
    "platform.resource_loader": "platform.resource_loader",
    "platform.sysconfig": "api.sysconfig",
    "platform.test": "platform.test",
    "platform.tf_logging": "platform.logging",
    "pywrap_tensorflow": "training.checkpoint_reader formats.events api.train",
    "summary.summary": "summary.summaries summary.file_writer api.summary",
    "summary.summary_iterator": "summary.file_writer",
    "summary.writer.event_file_writer": "summary.file_writer",
    "summary.writer.writer": "summary.file_writer",
    "summary.writer.writer_cache": "summary.file_writer",
    "tf2": "platform.versions",
    "training.adadelta": "training.adadelta",
    "training.adagrad": "training.adagrad",
    "training.adagrad_da": "training.adagrad_da",
    "training.adam": "training.adam",
    "training.basic_session_run_hooks": "api.train",
    "training.checkpoint_management": "training.checkpoint_state training.saver api.train",
    "training.checkpoint_utils": (
        "training.checkpoint_reader training.checkpoint_initializer training.checkpoint_state "
        "api.train"
    ),
    "training.device_setter": "training.device_setter",
    "training.ftrl": "training.ftrl",
    "training.gradient_descent": "training.gradient_descent",
    "training.input": "api.train",
    "training.learning_rate_decay": "training.learning_rate_decay api.train",
    "training.momentum": "training.momentum",
    "training.monitored_session": "api.train",
    "training.moving_averages": "training.moving_averages",
    "training.optimizer": "training.optimizer",
    "training.proximal_adagrad": "training.proximal_adagrad",
    "training.proximal_gradient_descent": "training.proximal_gradient_descent",
    "training.queue_runner": "api.train",
    "training.queue_runner_impl": "api.train",
    "training.rmsprop": "training.rmsprop",
    "training.saver": "training.saver training.saver_builder training.checkpoint_state api.train",
    "training.server_lib": "training.cluster api.train",
    "training.session_manager": "api.train",
    "training.session_run_hook": "api.train",
    "training.slot_creator": "training.slots",
    "training.summary_io": "summary.file_writer",
    "training.supervisor": "api.train",
    "training.training": "api.train",
    "training.training_ops": "ops.training compat.generated_ops",
    "training.training_util": "training.global_step",
    "util.all_util": "platform.tf_export",
    "util.compat": "platform.strings",
    "util.decorator_utils": "platform.tf_decorator",
    "util.deprecation": "platform.deprecation",
    "util.function_utils": "platform.tf_inspect",
    "util.keyword_args": "platform.tf_decorator",
    "util.lazy_loader": "platform.lazy_loader",
    "util.nest": "core.nest",
    "util.object_identity": "platform.object_identity",
    "util.tf_contextlib": "platform.tf_decorator",
    "util.tf_decorator": "platform.tf_decorator",
    "util.tf_export": "platform.tf_export",
    "util.tf_inspect": "platform.tf_inspect",
    "util.tf_should_use": "platform.tf_decorator",
}

# Below tensorflow.contrib.
_CONTRIB = {
    "crf.python.ops.crf": "contrib.crf",
    "layers.python": "",
    "layers.python.layers": "contrib.layers",
    "layers.python.layers.initializers": "contrib.layers.initializers",
    "layers.python.layers.embedding_ops": (
        "contrib.layers.embeddings contrib.layers.segmented_embeddings"
    ),
    "layers.python.ops": "",
    "layers.python.ops.sparse_feature_cross_op": "ops.sparse_feature_cross",
    "legacy_seq2seq.python.ops.seq2seq": "contrib.legacy_seq2seq",
    "rnn.ops.gen_gru_ops": GENERATED,
    "rnn.ops.gen_lstm_ops": GENERATED,
    "rnn.python": "",
    "rnn.python.ops": "",
    "rnn.python.ops.core_rnn": "contrib.rnn",
    "rnn.python.ops.core_rnn_cell": "contrib.rnn.linear contrib.rnn.wrappers contrib.rnn",
    "rnn.python.ops.core_rnn_cell_impl": "contrib.rnn.linear contrib.rnn.wrappers contrib.rnn",
    "rnn.python.tools": "",
    "rnn.python.tools.checkpoint_convert": "contrib.rnn.checkpoint_convert",
    "rnn.python.ops.fused_rnn_cell": "contrib.rnn.fused_cells",
    "rnn.python.ops.gru_ops": "contrib.rnn.block_cells",
    "rnn.python.ops.lstm_ops": "contrib.rnn.block_cells",
    "rnn.python.ops.rnn": "contrib.rnn.bidirectional",
    "rnn.python.ops.rnn_cell": (
        "contrib.rnn.gated_cells contrib.rnn.independent_cells contrib.rnn.normalized_lstm_cells "
        "contrib.rnn.sharded_lstm_cells contrib.rnn.grid_lstm_cells contrib.rnn.phased_lstm_cell "
        "contrib.rnn.memory_cells contrib.rnn.conv_lstm_cells contrib.rnn.wrappers contrib.rnn"
    ),
    "seq2seq.python.ops.attention_wrapper": (
        "contrib.seq2seq.attention contrib.seq2seq.attention_wrapper contrib.seq2seq.monotonic"
    ),
    "seq2seq.python.ops.basic_decoder": "contrib.seq2seq.basic_decoder",
    "seq2seq.python.ops.beam_search_decoder": (
        "contrib.seq2seq.beam_search_decoder contrib.seq2seq.beam_search_step "
        "contrib.seq2seq.beam_arrays"
    ),
    "seq2seq.python.ops.beam_search_ops": "ops.gather_tree",
    "seq2seq.python.ops.decoder": "contrib.seq2seq.decoder",
    "seq2seq.python.ops.helper": (
        "contrib.seq2seq.helper contrib.seq2seq.scheduled_helpers contrib.seq2seq.sampling"
    ),
    "seq2seq.python.ops.loss": "contrib.seq2seq.loss",
}

# Modules made from the op definitions: `gen_math_ops.mat_mul(a, b)`.
_GENERATED = [
    "array",
    "audio",
    "batch",
    "boosted_trees",
    "candidate_sampling",
    "checkpoint",
    "control_flow",
    "ctc",
    "data_flow",
    "dataset",
    "experimental_dataset",
    "functional",
    "image",
    "io",
    "linalg",
    "list",
    "logging",
    "lookup",
    "manip",
    "math",
    "nn",
    "parsing",
    "ragged_array",
    "ragged_math",
    "random",
    "resource_variable",
    "sdca",
    "set",
    "sparse",
    "spectral",
    "state",
    "stateful_random",
    "stateless_random",
    "string",
    "summary",
    "training",
    "user",
]

_PROTOBUF = {
    "tensorflow.core.example": "example feature",
    "tensorflow.core.framework": (
        "allocation_description attr_value cost_graph device_attributes function graph "
        "kernel_def node_def op_def step_stats summary tensor tensor_description tensor_shape "
        "tensor_slice types variable versions"
    ),
    "tensorflow.core.lib.core": "error_codes",
    "tensorflow.core.protobuf": (
        "checkpointable_object_graph cluster config control_flow debug device_properties "
        "meta_graph named_tensor queue_runner rewriter_config saved_model saved_object_graph "
        "saver struct tensor_bundle tensorflow_server trackable_object_graph verifier_config"
    ),
    "tensorflow.core.util": "event memmapped_file_system saved_tensor_slice test_log",
    "tensorflow.python.training": "checkpoint_state",
}

# TensorFlow's module -> Evergraph's modules, searched in order.
MODULES: dict[str, str] = {
    **{PREFIX + name: sources for name, sources in _PYTHON.items()},
    **{f"tensorflow.contrib.{name}": sources for name, sources in _CONTRIB.items()},
    **{f"{PREFIX}ops.gen_{name}_ops": GENERATED for name in _GENERATED},
    **{
        f"{package}.{name}_pb2": MESSAGES
        for package, names in _PROTOBUF.items()
        for name in names.split()
    },
}

# TensorFlow's module -> its name -> "module:name" of Evergraph.
RENAMED: dict[str, dict[str, str]] = {
    PREFIX + "framework.constant_op": {
        "constant_v1": "ops.constants:constant",
        "constant": "ops.constants:constant_v2",
    },
    PREFIX + "framework.function": {
        "_DefinedFunction": "functions.defun:DefinedFunction",
        "_OverloadedFunction": "functions.defun:OverloadedFunction",
        "_FuncGraph": "functions.func_graph:FuncGraph",
        "_from_definition": "functions.defun:from_definition",
    },
    PREFIX + "ops.confusion_matrix": {
        "confusion_matrix": "ops.confusion:confusion_matrix_v2",
        "confusion_matrix_v1": "ops.confusion:confusion_matrix",
    },
    PREFIX + "ops.control_flow_ops": {
        "_Enter": "ops.control_flow:enter",
        "_Identity": "ops.control_flow:identity_of",
        "_NextIteration": "ops.control_flow:next_iteration",
        "_SwitchRefOrTensor": "ops.control_flow:switch_ref_or_tensor",
        "_AddNextAndBackEdge": "ops.while_context:add_back_edge",
        "_convert_tensorarray_to_flow": "ops.control_contexts:flow_of",
        "_convert_flows_to_tensorarrays": "ops.control_contexts:with_flows",
        "exit": "ops.control_flow:exit",
        "merge": "ops.control_flow:merge_branches",
    },
    PREFIX + "ops.control_flow_util": {
        "CheckInputFromValidContext": "ops.control_places:check_input_from_valid_context",
        "GetContainingCondContext": "ops.control_places:containing_cond_context",
        "GetContainingWhileContext": "ops.control_places:containing_while_context",
        "GetContainingXLAContext": "ops.control_places:containing_xla_context",
        "GetLoopConstantEnter": "ops.control_places:loop_constant_enter",
        "GetOutputContext": "ops.control_places:output_context",
        "GetWhileContext": "ops.control_places:while_context",
        "GraphOrParentsInXlaContext": "ops.control_places:is_in_xla_context",
        "InXlaContext": "ops.control_places:is_in_xla_context",
        "IsCondMerge": "ops.control_places:is_cond_merge",
        "IsCondSwitch": "ops.control_places:is_cond_switch",
        "IsContainingContext": "ops.control_places:is_containing_context",
        "IsInCond": "ops.control_places:is_in_cond",
        "IsInWhileLoop": "ops.control_places:is_in_while_loop",
        "IsLoopConstantEnter": "ops.control_places:is_loop_constant_enter",
        "IsLoopEnter": "ops.control_places:is_loop_enter",
        "IsLoopExit": "ops.control_places:is_loop_exit",
        "IsLoopMerge": "ops.control_places:is_loop_merge",
        "IsInXLAContext": "ops.control_places:is_op_in_xla_context",
        "IsLoopSwitch": "ops.control_places:is_loop_switch",
        "IsMerge": "ops.control_places:is_merge",
        "IsSwitch": "ops.control_places:is_switch",
        "OpInContext": "ops.control_places:op_in_context",
        "TensorInContext": "ops.control_places:tensor_in_context",
    },
    PREFIX + "ops.gradients_impl": {
        "_hessian_vector_product": "autodiff.hessians:hessian_vector_product",
    },
    PREFIX + "ops.ctc_ops": {
        "_ctc_state_trans": "autodiff.ctc_dense:state_transitions",
        "_forward_backward_log": "autodiff.ctc_dense:forward_backward_log",
        "_get_dim": "ops.ctc_labels:size_along",
        "_scan": "autodiff.ctc_dense:scan",
        "_state_to_olabel": "autodiff.ctc_dense:labels_of_states",
        "_state_to_olabel_unique": "autodiff.ctc_dense:labels_of_states_unique",
        "_sum_states": "autodiff.ctc_dense:sum_states",
    },
    "tensorflow.contrib.seq2seq.python.ops.beam_search_decoder": {
        "_beam_search_step": "contrib.seq2seq.beam_search_step:beam_search_step",
        "_check_batch_beam": "contrib.seq2seq.beam_arrays:assert_may_be_split",
        "_check_static_batch_beam_maybe": "contrib.seq2seq.beam_arrays:may_be_split",
        "_get_scores": "contrib.seq2seq.beam_search_step:get_scores",
        "_length_penalty": "contrib.seq2seq.beam_search_step:length_penalty",
        "_mask_probs": "contrib.seq2seq.beam_search_step:mask_probs",
        "_tensor_gather_helper": "contrib.seq2seq.beam_search_step:gather_beams",
    },
    PREFIX + "ops.nn_impl": {
        "_compute_sampled_logits": "ops.sampled_losses:compute_sampled_logits",
    },
    PREFIX + "ops.rnn": {
        "_best_effort_input_batch_size": "layers.rnn_step:best_effort_input_batch_size",
        "_concat": "layers.rnn_cell:concat_shapes",
        "_infer_state_dtype": "layers.rnn_step:state_dtype",
        "_reverse_seq": "layers.rnn_static:reverse_steps",
        "_rnn_step": "layers.rnn_step:rnn_step",
        "_transpose_batch_time": "layers.rnn_step:transpose_batch_time",
    },
    PREFIX + "keras.initializers": {"get": "layers.named_objects:get_initializer"},
    PREFIX + "keras.activations": {"get": "layers.named_objects:get_activation"},
    PREFIX + "ops.rnn_cell_impl": {
        "_BIAS_VARIABLE_NAME": "layers.rnn_cell:BIAS",
        "_WEIGHTS_VARIABLE_NAME": "layers.rnn_cell:KERNEL",
        "_concat": "layers.rnn_cell:concat_shapes",
        "_zero_state_tensors": "layers.rnn_cell:zero_state_tensors",
    },
    PREFIX + "ops.rnn_cell": {"_linear": "contrib.rnn.linear:scoped_linear"},
    "tensorflow.contrib.rnn.python.tools.checkpoint_convert": {
        "_RNN_SHARDED_NAME_REPLACEMENTS": (
            "contrib.rnn.checkpoint_convert:RNN_SHARDED_NAME_REPLACEMENTS"
        ),
        "_rnn_name_replacement": "training.older_names:replaced_name",
    },
    "tensorflow.contrib.rnn.python.ops.core_rnn_cell": {
        "_Linear": "contrib.rnn.linear:Linear",
        "_linear": "contrib.rnn.linear:linear",
    },
    PREFIX + "ops.math_ops": {"_bucketize": "compat.generated_ops:bucketize"},
    PREFIX + "framework.ops": {
        "NotDifferentiable": "registry.gradients:not_differentiable",
        "NoGradient": "registry.gradients:not_differentiable",
        "_default_graph_stack": "graph.scopes:default_graphs",
        "_default_session_stack": "graph.scopes:default_sessions",
    },
    PREFIX + "ops.tensor_array_grad": {"_GetGradSource": "ops.tensor_array_ops:gradient_source"},
    PREFIX + "ops.variable_scope": {"variable": "variables.variable:VariableV1"},
}


# Modules that register something when they are imported.
SIDE_EFFECTS = frozenset({PREFIX + "framework.test_ops"})


def sources_of(path: str) -> list[str]:
    """Evergraph's modules that hold the names of TensorFlow's module `path`."""
    return MODULES.get(path, "").split()
