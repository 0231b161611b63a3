"""The update ops of the optimizers: their formulas, dense and sparse.

In the formulas g is the gradient and every product is of elements.
Reference: TensorFlow 1.15, tensorflow/core/kernels/training_ops.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evergraph.core.typing import Array, Namespace
from evergraph.ops.training_rules import register_update

NESTEROV = {"use_nesterov": "bool = false"}
UPDATE_SLOTS = {"update_slots": "bool = true"}

States = Sequence[Array]


def _gradient_descent(xp: Namespace, states: States, g: Array, *, alpha: Array) -> States:
    """Var -= alpha g."""
    return [xp.subtract(states[0], xp.multiply(g, alpha))]


APPLY_GRADIENT_DESCENT, RESOURCE_APPLY_GRADIENT_DESCENT = register_update(
    "ApplyGradientDescent", "var", "alpha delta", _gradient_descent
)


def _shrunk(xp: Namespace, proximal: Array, rate: Array, l1: Array, l2: Array) -> Array:
    """sign(p) max(|p| - rate l1, 0) / (1 + rate l2): the proximal step of l1 and l2."""
    size = xp.maximum(xp.subtract(xp.absolute(proximal), xp.multiply(rate, l1)), 0)
    shrunk = xp.where(xp.greater(l1, 0), xp.multiply(xp.sign(proximal), size), proximal)
    return xp.true_divide(shrunk, xp.add(xp.multiply(rate, l2), 1))


def _proximal_gradient_descent(
    xp: Namespace, states: States, g: Array, *, alpha: Array, l1: Array, l2: Array
) -> States:
    """P = var - alpha g, then the proximal step."""
    proximal = xp.subtract(states[0], xp.multiply(g, alpha))
    return [_shrunk(xp, proximal, alpha, l1, l2)]


APPLY_PROXIMAL_GRADIENT_DESCENT, RESOURCE_APPLY_PROXIMAL_GRADIENT_DESCENT = register_update(
    "ApplyProximalGradientDescent", "var", "alpha l1 l2 delta", _proximal_gradient_descent
)
SPARSE_APPLY_PROXIMAL_GRADIENT_DESCENT, RESOURCE_SPARSE_APPLY_PROXIMAL_GRADIENT_DESCENT = (
    register_update(
        "SparseApplyProximalGradientDescent",
        "var",
        "alpha l1 l2 grad indices",
        _proximal_gradient_descent,
        is_sparse=True,
    )
)


def _adagrad(xp: Namespace, states: States, g: Array, *, lr: Array, update_slots: bool) -> States:
    """Accum += g^2; var -= lr g / sqrt(accum)."""
    var, accum = states
    if update_slots:
        accum = xp.add(accum, xp.square(g))
    step = xp.multiply(xp.multiply(g, lr), xp.rsqrt(accum))
    return [xp.subtract(var, step), accum]


APPLY_ADAGRAD, RESOURCE_APPLY_ADAGRAD = register_update(
    "ApplyAdagrad", "var accum", "lr grad", _adagrad, UPDATE_SLOTS
)
SPARSE_APPLY_ADAGRAD, RESOURCE_SPARSE_APPLY_ADAGRAD = register_update(
    "SparseApplyAdagrad", "var accum", "lr grad indices", _adagrad, UPDATE_SLOTS, is_sparse=True
)


def _adagrad_v2(
    xp: Namespace, states: States, g: Array, *, lr: Array, epsilon: Array, update_slots: bool
) -> States:
    """Accum += g^2; var -= lr g / (sqrt(accum) + epsilon)."""
    var, accum = states
    if update_slots:
        accum = xp.add(accum, xp.square(g))
    step = xp.true_divide(xp.multiply(g, lr), xp.add(xp.sqrt(accum), epsilon))
    return [xp.subtract(var, step), accum]


APPLY_ADAGRAD_V2, RESOURCE_APPLY_ADAGRAD_V2 = register_update(
    "ApplyAdagradV2", "var accum", "lr epsilon grad", _adagrad_v2, UPDATE_SLOTS
)
SPARSE_APPLY_ADAGRAD_V2, RESOURCE_SPARSE_APPLY_ADAGRAD_V2 = register_update(
    "SparseApplyAdagradV2",
    "var accum",
    "lr epsilon grad indices",
    _adagrad_v2,
    UPDATE_SLOTS,
    is_sparse=True,
)


def _proximal_adagrad(
    xp: Namespace, states: States, g: Array, *, lr: Array, l1: Array, l2: Array
) -> States:
    """Accum += g^2; rate = lr / sqrt(accum); p = var - rate g, then the proximal step."""
    var, accum = states
    accum = xp.add(accum, xp.square(g))
    rate = xp.multiply(xp.rsqrt(accum), lr)
    proximal = xp.subtract(var, xp.multiply(g, rate))
    return [_shrunk(xp, proximal, rate, l1, l2), accum]


APPLY_PROXIMAL_ADAGRAD, RESOURCE_APPLY_PROXIMAL_ADAGRAD = register_update(
    "ApplyProximalAdagrad", "var accum", "lr l1 l2 grad", _proximal_adagrad
)
SPARSE_APPLY_PROXIMAL_ADAGRAD, RESOURCE_SPARSE_APPLY_PROXIMAL_ADAGRAD = register_update(
    "SparseApplyProximalAdagrad",
    "var accum",
    "lr l1 l2 grad indices",
    _proximal_adagrad,
    is_sparse=True,
)


def _adagrad_da(
    xp: Namespace,
    states: States,
    g: Array,
    *,
    lr: Array,
    l1: Array,
    l2: Array,
    global_step: Array,
) -> States:
    """A += g; s += g^2; var = -lr shrink(a, l1 step) / (l2 step lr + sqrt(s))."""
    _, accumulated, squared = states
    accumulated = xp.add(accumulated, g)
    squared = xp.add(squared, xp.square(g))
    size = xp.maximum(xp.subtract(xp.absolute(accumulated), xp.multiply(l1, global_step)), 0)
    kept = xp.where(xp.greater(l1, 0), xp.multiply(xp.sign(accumulated), size), accumulated)
    above = xp.multiply(kept, xp.negative(lr))
    below = xp.add(xp.sqrt(squared), xp.multiply(xp.multiply(l2, global_step), lr))
    return [xp.true_divide(above, below), accumulated, squared]


_DA_STATES = "var gradient_accumulator gradient_squared_accumulator"
APPLY_ADAGRAD_DA, RESOURCE_APPLY_ADAGRAD_DA = register_update(
    "ApplyAdagradDA", _DA_STATES, "grad lr l1 l2 global_step", _adagrad_da
)
SPARSE_APPLY_ADAGRAD_DA, RESOURCE_SPARSE_APPLY_ADAGRAD_DA = register_update(
    "SparseApplyAdagradDA",
    _DA_STATES,
    "grad indices lr l1 l2 global_step",
    _adagrad_da,
    is_sparse=True,
)


def _moving(xp: Namespace, old: Array, new: Array, rate: Array) -> Array:
    """Old rate + new (1 - rate)."""
    return xp.add(xp.multiply(old, rate), xp.multiply(new, _one_minus(xp, rate)))


def _one_minus(xp: Namespace, value: Array) -> Array:
    return xp.subtract(1, value)


def _adadelta(
    xp: Namespace, states: States, g: Array, *, lr: Array, rho: Array, epsilon: Array
) -> States:
    """Adadelta.

    a = rho a + (1 - rho) g^2; u = g sqrt(d + epsilon) / sqrt(a + epsilon); var -= lr u;
    d = rho d + (1 - rho) u^2.
    """
    var, accum, delta = states
    accum = _moving(xp, accum, xp.square(g), rho)
    step = xp.multiply(
        xp.multiply(xp.sqrt(xp.add(delta, epsilon)), xp.rsqrt(xp.add(accum, epsilon))), g
    )
    var = xp.subtract(var, xp.multiply(step, lr))
    return [var, accum, _moving(xp, delta, xp.square(step), rho)]


APPLY_ADADELTA, RESOURCE_APPLY_ADADELTA = register_update(
    "ApplyAdadelta", "var accum accum_update", "lr rho epsilon grad", _adadelta
)
SPARSE_APPLY_ADADELTA, RESOURCE_SPARSE_APPLY_ADADELTA = register_update(
    "SparseApplyAdadelta",
    "var accum accum_update",
    "lr rho epsilon grad indices",
    _adadelta,
    is_sparse=True,
)


def _momentum(
    xp: Namespace, states: States, g: Array, *, lr: Array, momentum: Array, use_nesterov: bool
) -> States:
    """A = momentum a + g; var -= lr a, or with Nesterov var -= lr (g + momentum a)."""
    var, accum = states
    accum = xp.add(xp.multiply(accum, momentum), g)
    step = xp.multiply(accum, lr)
    if use_nesterov:
        step = xp.add(xp.multiply(g, lr), xp.multiply(xp.multiply(accum, momentum), lr))
    return [xp.subtract(var, step), accum]


APPLY_MOMENTUM, RESOURCE_APPLY_MOMENTUM = register_update(
    "ApplyMomentum", "var accum", "lr grad momentum", _momentum, NESTEROV
)
SPARSE_APPLY_MOMENTUM, RESOURCE_SPARSE_APPLY_MOMENTUM = register_update(
    "SparseApplyMomentum", "var accum", "lr grad indices momentum", _momentum, NESTEROV,
    is_sparse=True,
)  # fmt: skip


def _keras_momentum(
    xp: Namespace, states: States, g: Array, *, lr: Array, momentum: Array, use_nesterov: bool
) -> States:
    """A = momentum a - lr g; var += a, or with Nesterov var += momentum a - lr g."""
    var, accum = states
    accum = xp.subtract(xp.multiply(accum, momentum), xp.multiply(g, lr))
    step = accum
    if use_nesterov:
        step = xp.subtract(xp.multiply(accum, momentum), xp.multiply(g, lr))
    return [xp.add(var, step), accum]


_, RESOURCE_APPLY_KERAS_MOMENTUM = register_update(
    "ApplyKerasMomentum", "var accum", "lr grad momentum", _keras_momentum, NESTEROV,
    resource_only=True,
)  # fmt: skip
_, RESOURCE_SPARSE_APPLY_KERAS_MOMENTUM = register_update(
    "SparseApplyKerasMomentum", "var accum", "lr grad indices momentum", _keras_momentum, NESTEROV,
    resource_only=True, is_sparse=True,
)  # fmt: skip


def _toward(xp: Namespace, old: Array, new: Array, rate: Array) -> Array:
    """Old + (new - old) (1 - rate)."""
    return xp.add(old, xp.multiply(xp.subtract(new, old), _one_minus(xp, rate)))


def _adam_rate(xp: Namespace, lr: Array, beta1_power: Array, beta2_power: Array) -> Array:
    """Lr sqrt(1 - beta2^t) / (1 - beta1^t)."""
    above = xp.multiply(lr, xp.sqrt(_one_minus(xp, beta2_power)))
    return xp.true_divide(above, _one_minus(xp, beta1_power))


def _adam(
    xp: Namespace,
    states: States,
    g: Array,
    *,
    beta1_power: Array,
    beta2_power: Array,
    lr: Array,
    beta1: Array,
    beta2: Array,
    epsilon: Array,
    use_nesterov: bool,
) -> States:
    """M -> g by 1 - beta1; v -> g^2 by 1 - beta2; var -= rate m / (sqrt(v) + epsilon)."""
    var, m, v = states
    rate = _adam_rate(xp, lr, beta1_power, beta2_power)
    m = _toward(xp, m, g, beta1)
    v = _toward(xp, v, xp.square(g), beta2)
    ahead = m
    if use_nesterov:
        ahead = xp.add(xp.multiply(g, _one_minus(xp, beta1)), xp.multiply(beta1, m))
    step = xp.true_divide(xp.multiply(ahead, rate), xp.add(xp.sqrt(v), epsilon))
    return [xp.subtract(var, step), m, v]


_ADAM_INPUTS = "beta1_power beta2_power lr beta1 beta2 epsilon grad"
APPLY_ADAM, RESOURCE_APPLY_ADAM = register_update(
    "ApplyAdam", "var m v", _ADAM_INPUTS, _adam, NESTEROV
)


def _adam_with_amsgrad(
    xp: Namespace,
    states: States,
    g: Array,
    *,
    beta1_power: Array,
    beta2_power: Array,
    lr: Array,
    beta1: Array,
    beta2: Array,
    epsilon: Array,
) -> States:
    """As Adam, divided by the square root of the largest v so far."""
    var, m, v, largest = states
    rate = _adam_rate(xp, lr, beta1_power, beta2_power)
    m = _toward(xp, m, g, beta1)
    v = _toward(xp, v, xp.square(g), beta2)
    largest = xp.maximum(largest, v)
    step = xp.true_divide(xp.multiply(m, rate), xp.add(xp.sqrt(largest), epsilon))
    return [xp.subtract(var, step), m, v, largest]


_, RESOURCE_APPLY_ADAM_WITH_AMSGRAD = register_update(
    "ApplyAdamWithAmsgrad", "var m v vhat", _ADAM_INPUTS, _adam_with_amsgrad, resource_only=True
)


def _ada_max(
    xp: Namespace,
    states: States,
    g: Array,
    *,
    beta1_power: Array,
    lr: Array,
    beta1: Array,
    beta2: Array,
    epsilon: Array,
) -> States:
    """M -> g by 1 - beta1; v = max(beta2 v, |g|); var -= lr / (1 - beta1^t) m / (v + epsilon)."""
    var, m, v = states
    m = _toward(xp, m, g, beta1)
    v = xp.maximum(xp.multiply(beta2, v), xp.absolute(g))
    rate = xp.true_divide(lr, _one_minus(xp, beta1_power))
    step = xp.multiply(rate, xp.true_divide(m, xp.add(v, epsilon)))
    return [xp.subtract(var, step), m, v]


APPLY_ADA_MAX, RESOURCE_APPLY_ADA_MAX = register_update(
    "ApplyAdaMax", "var m v", "beta1_power lr beta1 beta2 epsilon grad", _ada_max
)


def _rms_prop(
    xp: Namespace,
    states: States,
    g: Array,
    *,
    lr: Array,
    rho: Array,
    momentum: Array,
    epsilon: Array,
) -> States:
    """Ms -> g^2 by 1 - rho; mom = momentum mom + lr g / sqrt(ms + epsilon); var -= mom."""
    var, ms, mom = states
    ms = _toward(xp, ms, xp.square(g), rho)
    step = xp.true_divide(xp.multiply(g, lr), xp.sqrt(xp.add(ms, epsilon)))
    mom = xp.add(xp.multiply(mom, momentum), step)
    return [xp.subtract(var, mom), ms, mom]


APPLY_RMS_PROP, RESOURCE_APPLY_RMS_PROP = register_update(
    "ApplyRMSProp", "var ms mom", "lr rho momentum epsilon grad", _rms_prop
)
SPARSE_APPLY_RMS_PROP, RESOURCE_SPARSE_APPLY_RMS_PROP = register_update(
    "SparseApplyRMSProp", "var ms mom", "lr rho momentum epsilon grad indices", _rms_prop,
    is_sparse=True,
)  # fmt: skip


def _centered_rms_prop(
    xp: Namespace,
    states: States,
    g: Array,
    *,
    lr: Array,
    rho: Array,
    momentum: Array,
    epsilon: Array,
) -> States:
    """As RMSProp, with the variance ms - mg^2 in place of ms; mg -> g by 1 - rho."""
    var, mg, ms, mom = states
    ms = _toward(xp, ms, xp.square(g), rho)
    mg = _toward(xp, mg, g, rho)
    variance = xp.add(xp.subtract(ms, xp.square(mg)), epsilon)
    step = xp.true_divide(xp.multiply(g, lr), xp.sqrt(variance))
    mom = xp.add(xp.multiply(mom, momentum), step)
    return [xp.subtract(var, mom), mg, ms, mom]


APPLY_CENTERED_RMS_PROP, RESOURCE_APPLY_CENTERED_RMS_PROP = register_update(
    "ApplyCenteredRMSProp", "var mg ms mom", "lr rho momentum epsilon grad", _centered_rms_prop
)
SPARSE_APPLY_CENTERED_RMS_PROP, RESOURCE_SPARSE_APPLY_CENTERED_RMS_PROP = register_update(
    "SparseApplyCenteredRMSProp",
    "var mg ms mom",
    "lr rho momentum epsilon grad indices",
    _centered_rms_prop,
    is_sparse=True,
)


def _ftrl(
    xp: Namespace,
    states: States,
    g: Array,
    *,
    lr: Array,
    l1: Array,
    l2: Array,
    lr_power: Array,
    l2_shrinkage: Any = None,
) -> States:
    """FTRL.

    n' = n + g^2; z += g' - (n'^p - n^p) / lr var, where p = -lr_power, g' = g + 2 shrinkage var;
    var = (l1 sign(z) - z) / (n'^p / lr + 2 l2) where |z| > l1, else 0.
    """
    var, accum, linear = states
    shrunk = g
    if l2_shrinkage is not None:
        shrunk = xp.add(g, xp.multiply(xp.multiply(l2_shrinkage, 2), var))
    new_accum = xp.add(accum, xp.square(g))
    power = xp.negative(lr_power)
    is_root = xp.equal(lr_power, -0.5)

    def raised(value: Array) -> Array:
        return xp.where(is_root, xp.sqrt(value), xp.power(value, power))

    raised_new = raised(new_accum)
    sigma = xp.true_divide(xp.subtract(raised_new, raised(accum)), lr)
    linear = xp.add(linear, xp.subtract(shrunk, xp.multiply(sigma, var)))
    quadratic = xp.add(xp.true_divide(raised_new, lr), xp.multiply(l2, 2))
    signed = xp.subtract(xp.multiply(xp.sign(linear), l1), linear)
    kept = xp.greater(xp.absolute(linear), l1)
    var = xp.where(kept, xp.true_divide(signed, quadratic), xp.zeros_like(var))
    return [var, new_accum, linear]


def _ftrl_rows(xp: Namespace, states: States, g: Array, **scalars: Array) -> States:
    """As `_ftrl`, but a `linear` that is no number shows in var too."""
    var, accum, linear = _ftrl(xp, states, g, **scalars)
    return [xp.where(xp.isnan(linear), linear, var), accum, linear]


APPLY_FTRL, RESOURCE_APPLY_FTRL = register_update(
    "ApplyFtrl", "var accum linear", "grad lr l1 l2 lr_power", _ftrl
)
SPARSE_APPLY_FTRL, RESOURCE_SPARSE_APPLY_FTRL = register_update(
    "SparseApplyFtrl",
    "var accum linear",
    "grad indices lr l1 l2 lr_power",
    _ftrl_rows,
    is_sparse=True,
)
APPLY_FTRL_V2, RESOURCE_APPLY_FTRL_V2 = register_update(
    "ApplyFtrlV2", "var accum linear", "grad lr l1 l2 l2_shrinkage lr_power", _ftrl
)
SPARSE_APPLY_FTRL_V2, RESOURCE_SPARSE_APPLY_FTRL_V2 = register_update(
    "SparseApplyFtrlV2",
    "var accum linear",
    "grad indices lr l1 l2 l2_shrinkage lr_power",
    _ftrl_rows,
    is_sparse=True,
)


def _agreement(xp: Namespace, m: Array, g: Array, beta: Array) -> tuple[Array, Array]:
    """M = beta m + (1 - beta) g, and sign(g) sign(m)."""
    m = _moving(xp, m, g, beta)
    return m, xp.multiply(xp.sign(g), xp.sign(m))


def _power_sign(
    xp: Namespace,
    states: States,
    g: Array,
    *,
    lr: Array,
    logbase: Array,
    sign_decay: Array,
    beta: Array,
) -> States:
    """Var -= lr exp(logbase sign_decay sign(g) sign(m)) g."""
    var, m = states
    m, agreement = _agreement(xp, m, g, beta)
    scale = xp.exp(xp.multiply(xp.multiply(logbase, sign_decay), agreement))
    return [xp.subtract(var, xp.multiply(xp.multiply(lr, scale), g)), m]


APPLY_POWER_SIGN, RESOURCE_APPLY_POWER_SIGN = register_update(
    "ApplyPowerSign", "var m", "lr logbase sign_decay beta grad", _power_sign
)


def _add_sign(
    xp: Namespace,
    states: States,
    g: Array,
    *,
    lr: Array,
    alpha: Array,
    sign_decay: Array,
    beta: Array,
) -> States:
    """Var -= lr (alpha + sign_decay sign(g) sign(m)) g."""
    var, m = states
    m, agreement = _agreement(xp, m, g, beta)
    scale = xp.add(alpha, xp.multiply(sign_decay, agreement))
    return [xp.subtract(var, xp.multiply(xp.multiply(lr, scale), g)), m]


APPLY_ADD_SIGN, RESOURCE_APPLY_ADD_SIGN = register_update(
    "ApplyAddSign", "var m", "lr alpha sign_decay beta grad", _add_sign
)
