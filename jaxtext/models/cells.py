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
| full softmax (`EXPONENTIAL`) | e exp(s) - n s | 1 | w.c + b |
| GloVe (`weighted_squares`) | h(n) (s - ln n)^2 / 2 | 0 | w.c + b + b' |
| SVD (`SQUARES`) | e s^2 / 2 - n s | 1 | w.c |

The full softmax is separable in this form. With a free bias b for each center, minimised over b,

$$\sum_c e^{s_c + b} - n_c (s_c + b) = \sum_c n_c \ln\frac{\sum_v e^{s_v}}{e^{s_c}} + n - n \ln n,
\qquad n = \sum_c n_c, \quad b = \ln n - \ln\sum_v e^{s_v},$$

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
from jaxtyping import Array, Float

from jaxtext.base.errors import InputError

Scores = Float[Array, "..."]
Weights = Float[Array, "..."]
Function = Callable[[Scores, Weights, Weights], Float[Array, "..."]]  # of s, n and e

X_MAX, ALPHA = 100.0, 0.75  # of Pennington, Socher and Manning (2014)


class Cell(NamedTuple):
    """The loss of a cell with its derivatives in the score, all functions of (s, n, e).

    `growth` bounds the third derivative: |f'''| <= `growth` f''. The biases say whether the score
    contains a free number for each center and for each context. `optimum` of (n, e) is the best
    score of an observed cell.
    """

    value: Function
    derivative: Function
    curvature: Function
    optimum: Callable[[Weights, Weights], Float[Array, "..."]]
    growth: float
    center_bias: bool = False
    context_bias: bool = False

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
    optimum=lambda n, e: jnp.log(n) - jnp.log(e),
    growth=1.0,
)

EXPONENTIAL = Cell(
    value=lambda s, n, e: e * jnp.exp(s) - n * s,
    derivative=lambda s, n, e: e * jnp.exp(s) - n,
    curvature=lambda s, n, e: e * jnp.exp(s),
    optimum=lambda n, e: jnp.log(n) - jnp.log(e),
    growth=1.0,
    center_bias=True,
)

SQUARES = Cell(
    value=lambda s, n, e: e * s**2 / 2 - n * s,
    derivative=lambda s, n, e: e * s - n,
    curvature=lambda s, n, e: e * jnp.ones_like(s),
    optimum=lambda n, e: n / e,
    growth=0.0,
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
        optimum=lambda n, e: _logarithm(n),
        growth=0.0,
        center_bias=True,
        context_bias=True,
    )
