"""Every optimizer of TensorFlow 1.15 in its regimes: name -> function of `tf` that makes one."""

OPTIMIZERS = {
    "GradientDescent": lambda tf: tf.train.GradientDescentOptimizer(0.1),
    "Momentum": lambda tf: tf.train.MomentumOptimizer(0.1, 0.9),
    "MomentumNesterov": lambda tf: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "Adagrad": lambda tf: tf.train.AdagradOptimizer(0.5),
    "AdagradStart": lambda tf: tf.train.AdagradOptimizer(0.5, initial_accumulator_value=2.0),
    "AdagradDA": lambda tf: tf.train.AdagradDAOptimizer(0.5, _step(tf)),
    "AdagradDARegularised": lambda tf: tf.train.AdagradDAOptimizer(
        0.5,
        _step(tf),
        initial_gradient_squared_accumulator_value=0.3,
        l1_regularization_strength=0.2,
        l2_regularization_strength=0.1,
    ),
    "Adadelta": lambda tf: tf.train.AdadeltaOptimizer(1.0, rho=0.9, epsilon=1e-4),
    "Adam": lambda tf: tf.train.AdamOptimizer(0.1),
    "AdamEpsilon": lambda tf: tf.train.AdamOptimizer(0.1, beta1=0.5, beta2=0.9, epsilon=0.1),
    "RMSProp": lambda tf: tf.train.RMSPropOptimizer(0.1),
    "RMSPropMomentum": lambda tf: tf.train.RMSPropOptimizer(0.1, decay=0.8, momentum=0.5),
    "RMSPropCentered": lambda tf: tf.train.RMSPropOptimizer(
        0.1, momentum=0.5, epsilon=1e-3, centered=True
    ),
    "Ftrl": lambda tf: tf.train.FtrlOptimizer(0.5),
    "FtrlRegularised": lambda tf: tf.train.FtrlOptimizer(
        0.5, l1_regularization_strength=0.3, l2_regularization_strength=0.2
    ),
    "FtrlShrinkage": lambda tf: tf.train.FtrlOptimizer(
        0.5, l1_regularization_strength=0.1, l2_shrinkage_regularization_strength=0.2
    ),
    "FtrlPower": lambda tf: tf.train.FtrlOptimizer(
        0.5, learning_rate_power=-0.3, initial_accumulator_value=0.7
    ),
    "FtrlPowerZero": lambda tf: tf.train.FtrlOptimizer(0.1, learning_rate_power=0.0),
    "ProximalGradientDescent": lambda tf: tf.train.ProximalGradientDescentOptimizer(0.1),
    "ProximalGradientDescentRegularised": lambda tf: tf.train.ProximalGradientDescentOptimizer(
        0.1, l1_regularization_strength=0.4, l2_regularization_strength=0.3
    ),
    "ProximalAdagrad": lambda tf: tf.train.ProximalAdagradOptimizer(0.5),
    "ProximalAdagradRegularised": lambda tf: tf.train.ProximalAdagradOptimizer(
        0.5, l1_regularization_strength=0.4, l2_regularization_strength=0.3
    ),
}
KINDS = ("ref", "resource")
PLAIN = ["GradientDescent", "Momentum", "Adagrad", "AdagradDA", "Adadelta", "Adam", "RMSProp"]
PLAIN += ["RMSPropCentered", "Ftrl", "FtrlShrinkage", "ProximalGradientDescent", "ProximalAdagrad"]
REGIMES = [name for name in OPTIMIZERS if name not in PLAIN]
# 1.15.5 fails on the rates of the proximal ones for variables that aren't float32.
OF_DOUBLES = [name for name in PLAIN if not name.startswith("Proximal")]


def _step(tf):
    return tf.train.get_or_create_global_step()


def each(names=tuple(OPTIMIZERS), kinds=KINDS):
    """Cases of `programs_over`: every one of `names` with every kind of variable."""
    return {f"{name}-{kind}": (OPTIMIZERS[name], kind) for name in names for kind in kinds}


def slots(optimizer, variables):
    """The slot variables of `optimizer`, by slot name, in the order of its own list."""
    names = optimizer.get_slot_names()
    return [(name, [optimizer.get_slot(v, name) for v in variables]) for name in names]
