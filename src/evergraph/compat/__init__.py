"""How old programs are met: the `tensorflow` alias and TensorFlow's internal module paths."""

from evergraph.compat.alias import install_as_tensorflow as install_as_tensorflow
