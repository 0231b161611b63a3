"""The numbers that the random streams and samplers of both backends are made of.

Each backend draws in its own way (NumPy shrinks the set of outputs that still wait, JAX masks it);
what they compute with is here once. Formulas take float64 arrays of either side.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

# Philox4x32-10 (Salmon and others, 2011).
MULTIPLIERS: Final = (0xD2511F53, 0xCD9E8D57)
KEY_STEPS: Final = (0x9E3779B9, 0xBB67AE85)
ROUNDS: Final = 10
# The key that turns the two seeds of a stateless op into a stream.
STATELESS_KEY: Final = 0x02461E293EC8F720

# Blocks from one output of a rejection sampler to the next.
BLOCKS_PER_OUTPUT: Final = 256

# The least uniform number whose logarithm Box and Muller's method takes.
LEAST_UNIFORM: Final = 1e-7

# Marsaglia and Tsang's gamma numbers (2000): u < 1 - SQUEEZE x^4 saves the logarithms.
SQUEEZE: Final = 0.0331

# Hörmann's transformed rejection for Poisson numbers (1993), for means from 10 on.
LEAST_REJECTION_MEAN: Final = 10
SHIFT: Final = 0.43
NEAR_INSIDE: Final = 0.07
NEAR_THIN: Final = 0.013


class PoissonHat(NamedTuple):
    """The hat function of Hörmann's method for a mean.

    Attributes:
        a: how it bends.
        b: how wide it is.
        inverse_alpha: its height.
        inside: v up to which a number not near the edge is taken without a logarithm.
    """

    a: Any
    b: Any
    inverse_alpha: Any
    inside: Any


def poisson_hat(root: Any) -> PoissonHat:
    """The hat for the mean whose square root is `root`."""
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    return PoissonHat(a, b, 1.1239 + 1.1328 / (b - 3.4), 0.9277 - 3.6224 / (b - 2))
