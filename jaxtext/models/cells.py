r"""Cell losses: what a center and a context contribute to an objective over counts.

An objective over the counts of a text is a sum over all cells, $\sum_{w, c} f(s_{wc}; n_{wc},
e_{wc})$, of a convex function of the score. Here n is the number of pairs, and e a weight of rank
one that unobserved cells have too. Every loss of this module has two parts, one for each of them:

$$f(s; n, e) = f(s; n, 0) + e\,f(s; 0, 1)$$

The first part vanishes where n = 0, so that it needs the observed cells alone. The second is the
same function of the score in all cells.

| objective | f(s; n, e) | e | score |
| --- | --- | --- | --- |
| negative sampling (`LOGISTIC`) | n ln(1 + exp(-s)) + e ln(1 + exp(s)) | k #(w) P(c) | w.c |
| full softmax (`EXPONENTIAL`) | e exp(s) - n s | #(w) | w.c + b |
| GloVe (`weighted_squares`) | h(n) (s - ln n)^2 / 2 | 0 | w.c + b + b' |
| SVD (`SQUARES`) | e s^2 / 2 - n s | 1 | w.c |

The full softmax is separable in this form. With a free bias b for each center, the sum over the
contexts is smallest where $e^{w \cdot c + b}$ are probabilities:

$$\min_b \sum_c \#(w)\, e^{w \cdot c + b} - n_{wc} (w \cdot c + b)
  = \#(w) - \sum_c n_{wc} \ln \frac{e^{w \cdot c}}{\sum_v e^{w \cdot v}}, \qquad
  b = -\ln\sum_v e^{w \cdot v},$$

which is the negative log-likelihood of the sheet (skip-gram training, b.i) and a constant. For
`SQUARES`, n is any matrix: half the squared distance of the scores to it, up to a constant.

The third derivative in the score is bounded by a multiple of the second, `growth`, which limits how
far a quadratic approximation can be trusted.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from jaxtext.base.errors import InputError

Scores = Float[Array, "..."]
Weights = Float[Array, "..."]
Function = Callable[[Scores, Weights, Weights], Float[Array, "..."]]  # of s, n and e
# Of #(w), P(c) and k: the factors of e by center and by context.
Factors = Callable[
    [Float[np.ndarray, " V"], Float[np.ndarray, " V"], int],
    tuple[Float[np.ndarray, " V"], Float[np.ndarray, " V"]],
]

X_MAX, ALPHA = 100.0, 0.75  # of Pennington, Socher and Manning (2014)


class Cell(NamedTuple):
    """The loss of a cell with its derivatives in the score, all functions of (s, n, e).

    `growth` bounds the third derivative: |f'''| <= `growth` f''. `factors` makes e, whose rows are
    zero for words without a pair. The biases say whether the score contains a free number for each
    center and for each context. `linear` says whether the part with n is linear in the score. If
    the best bias of a center has a closed form, `shift` returns how far it is from the present one,
    given the center's factor of e and the sum of the part with e; `constant` is what is subtracted
    from the loss of a center, given the same factor.
    """

    value: Function
    derivative: Function
    curvature: Function
    growth: float
    factors: Factors
    center_bias: bool = False
    context_bias: bool = False
    linear: bool = False
    shift: Callable[[Weights, Weights], Weights] | None = None
    constant: Callable[[Weights], Weights] | None = None

    @property
    def biases(self) -> int:
        """The number of tables of biases."""
        return self.center_bias + self.context_bias


def probability(scores: Scores) -> tuple[Scores, Scores]:
    r"""Return $\sigma(s)$ and $\sigma(s) \sigma(-s)$, both to full relative precision."""
    small = jnp.exp(-jnp.abs(scores))
    large = 1 / (1 + small)
    return jnp.where(scores > 0, large, small * large), small * large * large


def _logarithm(values: Weights) -> Weights:
    """Return the logarithm where values are positive, and 0 elsewhere."""
    return jnp.log(jnp.where(values > 0, values, 1.0))


LOGISTIC = Cell(
    value=lambda s, n, e: (n + e) * jax.nn.softplus(s) - n * s,
    derivative=lambda s, n, e: (n + e) * probability(s)[0] - n,
    curvature=lambda s, n, e: (n + e) * probability(s)[1],
    growth=1.0,
    factors=lambda pairs, noise, k: (k * pairs, noise),
)

EXPONENTIAL = Cell(
    value=lambda s, n, e: e * jnp.exp(s) - n * s,
    derivative=lambda s, n, e: e * jnp.exp(s) - n,
    curvature=lambda s, n, e: e * jnp.exp(s),
    growth=1.0,
    factors=lambda pairs, noise, k: (pairs, np.ones_like(noise)),
    center_bias=True,
    linear=True,
    shift=lambda pairs, background: _logarithm(pairs) - _logarithm(background),
    constant=lambda pairs: pairs,
)

SQUARES = Cell(
    value=lambda s, n, e: e * s**2 / 2 - n * s,
    derivative=lambda s, n, e: e * s - n,
    curvature=lambda s, n, e: e * jnp.ones_like(s),
    growth=0.0,
    factors=lambda pairs, noise, k: (np.ones_like(pairs), np.ones_like(noise)),
    linear=True,
)


@cache
def weighted_squares(x_max: float = X_MAX, alpha: float = ALPHA) -> Cell:
    r"""Return GloVe's cell loss, half of equation 8 of Pennington, Socher and Manning (2014).

    The weight of a cell is $h(n) = \min(1, (n / x_\mathrm{max})^\alpha)$, and the target of its
    score is ln n. Cells without pairs have no weight.

    Raises `InputError` for an `x_max` or an `alpha` that is not positive.
    """
    for name, value in (("x_max", x_max), ("alpha", alpha)):
        if not value > 0:
            raise InputError("must be positive", name, value)

    def weight(n: Weights) -> Weights:
        return jnp.where(n > 0, jnp.minimum(1.0, (n / x_max) ** alpha), 0.0)

    return Cell(
        value=lambda s, n, e: weight(n) * (s - _logarithm(n)) ** 2 / 2,
        derivative=lambda s, n, e: weight(n) * (s - _logarithm(n)),
        curvature=lambda s, n, e: weight(n) * jnp.ones_like(s),
        growth=0.0,
        factors=lambda pairs, noise, k: (np.zeros_like(pairs), noise),
        center_bias=True,
        context_bias=True,
    )
