r"""Gradients derived by hand: each takes the arguments of its loss and returns `jax.grad`'s tree.

As in the models, functions of one pair do not check its ids.

The gradients of negative sampling rest on three derivatives. With $\sigma(x) = 1 / (1 + e^{-x})$,

$$\sigma'(x) = \sigma(x)(1 - \sigma(x)), \qquad
  \frac{d}{dx} [-\ln\sigma(x)] = \sigma(x) - 1, \qquad
  \frac{d}{dx} [-\ln\sigma(-x)] = \sigma(x),$$

so that the derivative in every score w.c is "sigmoid minus label", and $w \cdot c$ has derivative c
in w and w in c. The gradient of the fast path, `stream.block_gradient`, is defined beside its loss
and checked together with these.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int, Num

from jaxtext.base.types import EmbeddingParams
from jaxtext.models import mlp

# From the derivative d in a layer's outputs h = f(z) to that in its sums z.
Pullback = Callable[[Array, Array, Array], Array]
PULLBACKS: dict[mlp.Function, Pullback] = {
    mlp.ACTIVATIONS["relu"]: lambda z, h, d: jnp.where(z > 0, d, jnp.zeros_like(d)),
    mlp.ACTIVATIONS["tanh"]: lambda z, h, d: (1 - h**2) * d,
    mlp.ACTIVATIONS["logistic"]: lambda z, h, d: h * (1 - h) * d,
    mlp.ACTIVATIONS["identity"]: lambda z, h, d: d,
    # dh_i/dz_j = h_i ([i = j] - h_j): every output depends on every sum.
    mlp.ACTIVATIONS["softmax"]: lambda z, h, d: h * (d - h @ d),
}


def squared_error_gradient(
    outputs: Float[Array, " O"], target: Float[Array, " O"]
) -> Float[Array, " O"]:
    r"""Return $\frac{\partial}{\partial y_l} \frac12 \sum_m (t_m - y_m)^2 = y_l - t_l$."""
    return outputs - target


def cross_entropy_gradient(
    logits: Float[Array, " O"], target: Float[Array, " O"]
) -> Float[Array, " O"]:
    r"""Return the gradient in the logits: $p_l \sum_m t_m - t_l$ with $p = \mathrm{softmax}(z)$.

    The loss is $-\sum_m t_m (z_m - \ln\sum_j e^{z_j})$, and the logarithm's derivative is $p_l$.
    """
    return jax.nn.softmax(logits) * jnp.sum(target) - target


LOSS_GRADIENTS: dict[mlp.Loss, mlp.Loss] = {
    mlp.squared_error: squared_error_gradient,
    mlp.cross_entropy: cross_entropy_gradient,
}


class Passes(NamedTuple):
    """What the forward and the backward pass compute for one example: a vector for each layer."""

    values: list[Float[Array, " _"]]  # from the input to the output
    sums: list[Float[Array, " _"]]  # of the layers of weights, as are the next two
    deltas: list[Float[Array, " _"]]
    gradient: list[mlp.Layer]


def backpropagate(
    params: Sequence[mlp.Layer],
    x: Float[Array, " I"],
    target: Float[Array, " O"],
    activation: mlp.Activation | Sequence[mlp.Activation],
    loss: mlp.Loss = mlp.squared_error,
    pullbacks: Mapping[mlp.Function, Pullback] = PULLBACKS,
) -> list[mlp.Layer]:
    r"""Return the gradient of `mlp.example_loss` (sheet: backpropagation, c.i, for any depth).

    Write $z^{(k)} = W^{(k)} h^{(k-1)} + b^{(k)}$ and $h^{(k)} = f(z^{(k)})$. A weight acts on the
    loss through the sum of its own unit alone, and that sum contains it times $h_j^{(k-1)}$:

    $$\frac{\partial \ell}{\partial w_{ij}^{(k)}} = \delta_i^{(k)} h_j^{(k-1)}, \qquad
      \frac{\partial \ell}{\partial b_i^{(k)}} = \delta_i^{(k)}, \qquad
      \delta_i^{(k)} = \frac{\partial \ell}{\partial z_i^{(k)}}$$

    The output's $\delta$ is the derivative of the loss, pulled back through f. A value $h_j^{(k)}$
    of any other layer acts through all units of the next, so the sums over them are pulled back:

    $$\frac{\partial \ell}{\partial h_j^{(k)}} = \sum_i \delta_i^{(k+1)} w_{ij}^{(k+1)}, \qquad
      \delta_i^{(k)} = f'(z_i^{(k)}) \frac{\partial \ell}{\partial h_i^{(k)}}$$

    where $f'$ is a matrix for softmax. The sheet's $\delta$ is minus this one, and its weights are
    indexed the other way round in this part: $w_{ij}$ there leads from i to j.

    `pullbacks` maps each activation to its derivative. For an activation of your own, add it:
    `PULLBACKS | {jnp.sin: lambda z, h, d: jnp.cos(z) * d}`. Raises `ValueError` for an activation
    that is missing there, for a loss whose derivative is not known, and for widths that do not fit.
    """
    return passes(params, x, target, activation, loss, pullbacks).gradient


def passes(
    params: Sequence[mlp.Layer],
    x: Float[Array, " I"],
    target: Float[Array, " O"],
    activation: mlp.Activation | Sequence[mlp.Activation],
    loss: mlp.Loss = mlp.squared_error,
    pullbacks: Mapping[mlp.Function, Pullback] = PULLBACKS,
) -> Passes:
    r"""Return the gradient of `backpropagate` with all that leads to it: z, h and $\delta$."""
    functions = mlp.resolve_all(activation, len(params))
    mlp.check_widths(params, x)
    for function in functions:
        if function not in pullbacks:
            raise ValueError(f"activation: no derivative of {function}, add it to `pullbacks`")
    if loss not in LOSS_GRADIENTS:
        raise ValueError(f"loss: no derivative of {loss}, use squared_error or cross_entropy")
    h, z = [x], []
    for layer, function in zip(params, functions, strict=True):
        z.append(mlp.preactivation(layer, h[-1]))
        h.append(function(z[-1]))
    d = LOSS_GRADIENTS[loss](h[-1], target)
    deltas, gradient = [], []
    for k in reversed(range(len(params))):
        delta = pullbacks[functions[k]](z[k], h[k + 1], d)  # [O]
        deltas.append(delta)
        bias = None if params[k].bias is None else delta
        gradient.append(mlp.Layer(jnp.outer(delta, h[k]), bias))
        d = params[k].weight.T @ delta  # [I]
    return Passes(h, z, deltas[::-1], gradient[::-1])


def softmax_pair_gradient(
    params: EmbeddingParams, center: Int[ArrayLike, ""], context: Int[ArrayLike, ""]
) -> EmbeddingParams:
    r"""Return the gradient of `skipgram.pair_loss` (sheet: skip-gram training, c).

    The loss is $-s_c + \ln\sum_v e^{s_v}$ with $s_v = w \cdot c_v$, so
    $\partial\ell / \partial s_v = p(v \mid w) - [v = c]$ for *every* word v, and

    $$\partial w = \sum_v (p(v \mid w) - [v = c])\, c_v, \qquad
      \partial c_v = (p(v \mid w) - [v = c])\, w.$$
    """
    w = params.center[center]  # [D]
    g = jax.nn.softmax(params.context @ w).at[context].add(-1.0)  # [V]
    d_center = jnp.zeros_like(params.center).at[center].add(g @ params.context)
    return EmbeddingParams(d_center, jnp.outer(g, w))


def sampled_pair_gradient(
    params: EmbeddingParams,
    center: Int[ArrayLike, ""],
    context: Int[ArrayLike, ""],
    negatives: Int[ArrayLike, " K"],
    weight: float = 1.0,
) -> EmbeddingParams:
    r"""Return the gradient of `sgns.pair_loss`.

    With $g = \sigma(w \cdot c) - 1$ and $h_i = \sigma(w \cdot n_i)$, the latter times `weight`,

    $$\partial w = g\,c + \sum_i h_i n_i, \qquad \partial c = g\,w, \qquad \partial n_i = h_i w.$$

    Rows of the same word add up: a negative may be drawn twice, or be the context itself.
    """
    negatives = jnp.asarray(negatives)
    w, c = params.center[center], params.context[context]  # [D]
    n = params.context[negatives]  # [K, D]
    g = jax.nn.sigmoid(w @ c) - 1
    h = weight * jax.nn.sigmoid(n @ w)  # [K]
    zeros = jax.tree.map(jnp.zeros_like, params)
    d_context = zeros.context.at[context].add(g * w)
    d_context = d_context.at[negatives].add(jnp.outer(h, w))
    return EmbeddingParams(zeros.center.at[center].add(g * c + h @ n), d_context)


def score_gradient(
    scores: Float[Array, "V V"],
    counts: Num[ArrayLike, "V V"],
    noise: Float[ArrayLike, " V"],
    negatives: int,
) -> Float[Array, "V V"]:
    r"""Return the gradient of `sgns.score_loss` in free scores (sheet: matrix factorization, c.1).

    The score of (w, c) stands in two kinds of terms: #(w, c) pairs in which c is the context, and
    all #(w) pairs of w, each with k P(c) negatives that are c:

    $$\frac{\partial \ell}{\partial s_{wc}}
      = -\#(w, c)\,\sigma(-s_{wc}) + k\,\#(w)\,P(c)\,\sigma(s_{wc})$$

    It vanishes where $e^{s_{wc}} = \#(w, c) / (k\,\#(w)\,P(c))$.
    """
    seen = jnp.asarray(counts, scores.dtype)
    drawn = negatives * jnp.outer(seen.sum(1), jnp.asarray(noise, scores.dtype))
    return drawn * jax.nn.sigmoid(scores) - seen * jax.nn.sigmoid(-scores)


def expected_gradient(
    params: EmbeddingParams,
    counts: Num[ArrayLike, "V V"],
    noise: Float[ArrayLike, " V"],
    negatives: int,
) -> EmbeddingParams:
    r"""Return the gradient of `sgns.expected_loss` in both tables.

    With G the `score_gradient`, and since $s_{wc} = \sum_d W_{wd} C_{cd}$,

    $$\partial W = G\,C, \qquad \partial C = G^\top W.$$
    """
    g = score_gradient(params.center @ params.context.T, counts, noise, negatives)
    return EmbeddingParams(g @ params.context, g.T @ params.center)
