"""tf.train: names only."""

from evergraph.core.lazy import lazy_names
from evergraph.summary.file_writer import FileWriter as SummaryWriter
from evergraph.summary.file_writer import FileWriterCache as SummaryWriterCache
from evergraph.summary.file_writer import summary_iterator as summary_iterator
from evergraph.training import saved_collections as _saved_collections
from evergraph.training.adadelta import AdadeltaOptimizer as AdadeltaOptimizer
from evergraph.training.adagrad import AdagradOptimizer as AdagradOptimizer
from evergraph.training.adagrad_da import AdagradDAOptimizer as AdagradDAOptimizer
from evergraph.training.adam import AdamOptimizer as AdamOptimizer
from evergraph.training.checkpoint_initializer import init_from_checkpoint as init_from_checkpoint
from evergraph.training.checkpoint_reader import NewCheckpointReader as NewCheckpointReader
from evergraph.training.checkpoint_reader import list_variables as list_variables
from evergraph.training.checkpoint_reader import load_checkpoint as load_checkpoint
from evergraph.training.checkpoint_reader import load_variable as load_variable
from evergraph.training.checkpoint_state import checkpoint_exists as checkpoint_exists
from evergraph.training.checkpoint_state import checkpoints_iterator as checkpoints_iterator
from evergraph.training.checkpoint_state import (
    generate_checkpoint_state_proto as generate_checkpoint_state_proto,
)
from evergraph.training.checkpoint_state import get_checkpoint_mtimes as get_checkpoint_mtimes
from evergraph.training.checkpoint_state import get_checkpoint_state as get_checkpoint_state
from evergraph.training.checkpoint_state import latest_checkpoint as latest_checkpoint
from evergraph.training.checkpoint_state import remove_checkpoint as remove_checkpoint
from evergraph.training.checkpoint_state import update_checkpoint_state as update_checkpoint_state
from evergraph.training.cluster import ClusterSpec as ClusterSpec
from evergraph.training.cluster import Server as Server
from evergraph.training.device_setter import replica_device_setter as replica_device_setter
from evergraph.training.ftrl import FtrlOptimizer as FtrlOptimizer
from evergraph.training.global_step import assert_global_step as assert_global_step
from evergraph.training.global_step import create_global_step as create_global_step
from evergraph.training.global_step import get_global_step as get_global_step
from evergraph.training.global_step import get_or_create_global_step as get_or_create_global_step
from evergraph.training.global_step import global_step as global_step
from evergraph.training.gradient_descent import GradientDescentOptimizer as GradientDescentOptimizer
from evergraph.training.graph_io import write_graph as write_graph
from evergraph.training.learning_rate_decay import cosine_decay as cosine_decay
from evergraph.training.learning_rate_decay import cosine_decay_restarts as cosine_decay_restarts
from evergraph.training.learning_rate_decay import exponential_decay as exponential_decay
from evergraph.training.learning_rate_decay import inverse_time_decay as inverse_time_decay
from evergraph.training.learning_rate_decay import linear_cosine_decay as linear_cosine_decay
from evergraph.training.learning_rate_decay import natural_exp_decay as natural_exp_decay
from evergraph.training.learning_rate_decay import (
    noisy_linear_cosine_decay as noisy_linear_cosine_decay,
)
from evergraph.training.learning_rate_decay import piecewise_constant as piecewise_constant
from evergraph.training.learning_rate_decay import (
    piecewise_constant as piecewise_constant_decay,
)
from evergraph.training.learning_rate_decay import polynomial_decay as polynomial_decay
from evergraph.training.momentum import MomentumOptimizer as MomentumOptimizer
from evergraph.training.moving_averages import ExponentialMovingAverage as ExponentialMovingAverage
from evergraph.training.optimizer import Optimizer as Optimizer
from evergraph.training.proximal_adagrad import ProximalAdagradOptimizer as ProximalAdagradOptimizer
from evergraph.training.proximal_gradient_descent import (
    ProximalGradientDescentOptimizer as ProximalGradientDescentOptimizer,
)
from evergraph.training.rmsprop import RMSPropOptimizer as RMSPropOptimizer
from evergraph.training.saver import Saver as Saver
from evergraph.training.saver import export_meta_graph as export_meta_graph
from evergraph.training.saver import import_meta_graph as import_meta_graph

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        name: f"evergraph.protos:{name}"
        for name in (
            "BytesList",
            "CheckpointState",
            "ClusterDef",
            "Example",
            "Feature",
            "FeatureList",
            "FeatureLists",
            "Features",
            "FloatList",
            "Int64List",
            "JobDef",
            "NamedTensorProto",
            "QueueRunnerDef",
            "SaverDef",
            "SequenceExample",
            "ServerDef",
        )
    },
)
