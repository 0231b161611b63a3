"""How old programs are met: the `tensorflow` alias and TensorFlow's internal module paths."""


def install_as_tensorflow() -> None:
    """Let `import tensorflow` give Evergraph; see `compat.alias`."""
    from evergraph.compat.alias import install_as_tensorflow as install

    install()
