"""Backpropagation: the derivative of the logistic function, and the 3-2-2 network by hand.

The formulas are evaluated on random weights, so that no symmetry hides a wrong index. Weights have
the indices of this part of the sheet: w_ij leads from unit i to unit j, and so does `W[k][i, j]`.
"""

import jax
import jax.numpy as jnp
import numpy as np

from jaxtext.models import mlp
from jaxtext.verification import gradients, references
from jaxtext.verification.findings import Finding, Section, equal, instead, largest, rounded, unmet
from jaxtext.verification.oracles import compiled
from jaxtext.verification.sheet import examples
from jaxtext.verification.sheet.examples import INPUTS, TARGETS, logistic

SECTION = Section("backprop")
claim = SECTION.claim
GRID = np.linspace(-4, 4, 17)
POSITIVE = "the loss has a positive sign (`backprop.c.i.loss`)"
OF_EXAMPLE = "h and x are those of example e, although they are printed without this index"
FROM_TO = "`w_ij` leads from unit i to unit j"


class Toy:
    """The network on random weights: all values that the formulas on the sheet name."""

    def __init__(self, seed: int = 5) -> None:
        self.params = examples.random_network(seed)
        self.W = [None, *(np.asarray(layer.weight).T for layer in self.params)]
        self.x, self.t = INPUTS, TARGETS  # [N, 3], [N, 2]
        self.h = np.array([_values(self.params, x)[1] for x in INPUTS])
        self.y = np.array([_values(self.params, x)[2] for x in INPUTS])
        self.delta = (self.t - self.y) * self.y * (1 - self.y)
        # The derivative of each y_l of each example in every weight, by autodiff.
        slopes = _output_slopes(self.params)
        self.dy = [None, *(np.asarray(s.weight).swapaxes(2, 3) for s in slopes)]  # [N, 2, I, O]
        exact = _slopes(self.params)
        self.dL = [None, *(np.asarray(g.weight).T for g in exact)]


def _outputs(params: list[mlp.Layer]) -> jax.Array:
    return jax.vmap(lambda x: mlp.forward(params, x, "logistic"))(jnp.asarray(INPUTS))


def _hidden(params: list[mlp.Layer]) -> jax.Array:
    return jax.vmap(lambda x: mlp.forward(params[:1], x, "logistic"))(jnp.asarray(INPUTS))


def _errors(params: list[mlp.Layer]) -> jax.Array:
    return jnp.asarray(TARGETS) - _outputs(params)


def _values(params: list[mlp.Layer], x: np.ndarray) -> list[np.ndarray]:
    return [np.asarray(v) for v in _layer_values(params, jnp.asarray(x))]


def _loss(params: list[mlp.Layer], targets: jax.Array) -> jax.Array:
    return mlp.batch_loss(params, jnp.asarray(INPUTS), targets, "logistic")


# Compiled once for all claims; what the JAX functions give is converted to NumPy at once.
_layer_values = compiled(lambda params, x: mlp.values(params, x, "logistic"))
_loss_value = compiled(_loss)
_gradient = compiled(jax.grad(_loss))
_output_slopes = compiled(jax.jacobian(_outputs))
_all_outputs = compiled(lambda params: _outputs(params))
_hidden_slopes = compiled(jax.jacobian(lambda params: _hidden(params)))
# The sum of squares over the examples' mean, without the factor 1/2.
_unhalved_slopes = compiled(jax.grad(lambda p: jnp.mean(jnp.sum(_errors(p) ** 2, axis=1))))
# The first line of both derivations, as it is printed.
_printed_slopes = compiled(jax.grad(lambda p: -0.5 * jnp.mean(jnp.sum(_errors(p) ** 2, axis=1))))
# The derivative of an output's sum in each of its weights, for each example.
_sum_slope = compiled(jax.vmap(jax.grad(lambda w, h: w @ h), in_axes=(None, 0)))
logistic_slope = compiled(jax.vmap(jax.grad(lambda x: mlp.resolve("logistic")(x))))


def _value(params: list[mlp.Layer]) -> float:
    """Return the loss."""
    return float(_loss_value(params, jnp.asarray(TARGETS)))


def _slopes(params: list[mlp.Layer], targets: np.ndarray = TARGETS) -> list[mlp.Layer]:
    """Return the gradient of the loss by autodiff."""
    return jax.tree.map(np.asarray, _gradient(params, jnp.asarray(targets)))


def _descend(params: list[mlp.Layer], sign: float) -> float:
    """Return the squared error after a step of learning rate 1 on the loss with this sign."""
    step = jax.tree.map(lambda w, g: jnp.asarray(np.asarray(w) - sign * g), params, _slopes(params))
    return _value(step)


def _loss_by_loop(params: list[mlp.Layer]) -> float:
    layers = examples.weights_of(params)
    losses = [
        references.output_loss(
            "squared_error", references.forward(layers, x, ["logistic"] * 2)[-1], t
        )
        for x, t in zip(INPUTS, TARGETS, strict=True)
    ]
    return sum(losses) / len(losses)


@claim("context.1", "Gradients tell us how to update the parameters of a network in training")
def gradients_help() -> Finding:
    params = examples.toy_network()
    before, after = _value(params), _descend(params, 1.0)
    return Finding(
        f"a step lowers the loss from {before:.6f} to {after:.6f}",
        0.0 if after < before - 1e-3 else np.inf,
    )


@claim(
    "context.2",
    "Gradients are computed from the output backwards, each layer's from those of the next layer",
)
def backwards() -> Finding:
    toy = Toy()
    d = -toy.delta / len(INPUTS)  # of the output sums
    d = (d @ toy.W[2].T) * toy.h * (1 - toy.h)  # of the hidden sums
    return equal("the first layer's from the second's", (toy.x.T @ d, toy.dL[1]))


@claim("a", "Training needs the derivatives of the loss in the parameters of the model")
def relevant_gradients() -> Finding:
    params = examples.random_network(5)
    by_hand, exact = examples.toy_gradient(params), _slopes(params)
    pairs = [(a, b) for a, b in zip(jax.tree.leaves(by_hand), jax.tree.leaves(exact), strict=True)]
    count = sum(a.size for a, _ in pairs)
    edges = sum(layer.weight.size for layer in params)
    return equal(f"{count} derivatives for {edges} weights", (count, edges), *pairs)


@claim("b", "`sigma'(x) = sigma(x) (1 - sigma(x))`", sheet="sigma(x) (1 - sigma(x))")
def logistic_derivative() -> Finding:
    function = mlp.resolve("logistic")
    derivative = logistic_slope(jnp.asarray(GRID))
    loop = [references.sigmoid(x) * (1 - references.sigmoid(x)) for x in GRID]
    pulled = gradients.PULLBACKS[function](
        jnp.asarray(GRID), function(jnp.asarray(GRID)), jnp.asarray(np.ones(17))
    )
    return equal("autodiff = formula = pullback", (derivative, loop), (pulled, loop))


def logistic_lines(x: np.ndarray = GRID) -> list[np.ndarray]:
    """Return sigma'(x) by each line of its derivation, from the chain rule on."""
    e = np.exp(-x)
    inner = compiled(jax.vmap(jax.grad(lambda x: 1 + jnp.exp(-x))))(jnp.asarray(x))
    minus = compiled(jax.vmap(jax.grad(lambda x: -x)))(jnp.asarray(x))
    inner, minus = np.asarray(inner), np.asarray(minus)
    s = logistic(x)
    return [
        -1 / (1 + e) ** 2 * inner,
        -1 / (1 + e) ** 2 * e * minus,
        1 / (1 + e) ** 2 * e,
        e / (1 + e) ** 2,
        (1 + e) / (1 + e) ** 2 - 1 / (1 + e) ** 2,
        1 / (1 + e) - 1 / (1 + e) ** 2,
        s - s**2,
        s * (1 - s),
    ]


@claim("b.1", "Derivation of sigma': the chain rule, then one fraction split into two")
def derivation_first() -> Finding:
    exact, lines = logistic_slope(jnp.asarray(GRID)), logistic_lines()[:5]
    return equal(f"{len(lines)} lines equal autodiff", *((line, exact) for line in lines))


@claim("b.2", "Derivation of sigma': the two fractions are sigma and its square")
def derivation_second() -> Finding:
    exact, lines = logistic_slope(jnp.asarray(GRID)), logistic_lines()[4:]
    return equal(f"{len(lines)} lines equal autodiff", *((line, exact) for line in lines))


NEGATIVE = "-1/2 1/N sum (t - y)^2"
RIGHT_SIGN = (
    "`+1/2 1/N sum (t - y)^2`. A step that lowers the printed loss drives the outputs away from "
    "the labels: the squared error rises from {here:.4f} to {wrong:.4f}, while a step on the "
    "positive loss lowers it to {right:.4f}. The sheet's own updates are those of the positive "
    "loss."
)


def _loss_sign() -> Finding:
    params = examples.toy_network()
    here = _value(params)
    right, wrong = _descend(params, 1.0), _descend(params, -1.0)
    return Finding(
        f"squared error {here:.6f}; after a step on +L {right:.6f}, on -L {wrong:.6f}",
        max(largest(here, _loss_by_loop(params)), right - here, here - wrong),
        gap=wrong - right,
        values={"here": here, "right": right, "wrong": wrong},
    )


claim(
    "c.i.loss",
    "The squared error to be minimised is `-1/2 1/N sum over e, l of (t_el - y_el)^2`",
    sheet=NEGATIVE,
    correction=RIGHT_SIGN,
)(_loss_sign)


@claim("c.i.sizes", "In the toy setting there are M = {sheet} labels and N = {sheet} examples", 2)
def data_sizes(sheet: int) -> Finding:
    params = examples.toy_network()
    outputs = np.asarray(_all_outputs(params))
    squares = ((TARGETS - outputs) ** 2).sum()
    return equal(
        f"outputs of shape {outputs.shape}",
        (outputs.shape, (sheet, sheet)),
        (outputs.shape, TARGETS.shape),
        (_value(params), squares / 2 / sheet),
    )


@claim(
    "c.ii.labels",
    "Training examples have the form (x, y), where x are the features and y is the label",
    assumptions=("y is the label here, which is t in the loss, where y is the prediction",),
)
def labels() -> Finding:
    params = examples.random_network(5)
    # With the prediction in the place of the label there would be nothing to learn.
    confused = _slopes(params, np.asarray(_all_outputs(params)))
    by_hand, exact = examples.toy_gradient(params), _slopes(params)
    if not largest(exact[1].weight) > 1e-3:
        return unmet("the labels are the predictions")
    return equal(
        "gradient as with t; zero if y were the prediction",
        *((a.weight, b.weight) for a, b in zip(by_hand, exact, strict=True)),
        *((layer.weight, np.zeros(layer.weight.shape)) for layer in confused),
    )


@claim(
    "c.context.1",
    "The outputs `y_1`, `y_2` lie in `[0, 1]`, each the probability of one class",
    assumptions=(
        "each is the probability of a separate yes or no: on the examples they add up to "
        "{sums:.3f}, not to one",
    ),
)
def outputs_as_probabilities() -> Finding:
    networks = [examples.random_network(seed) for seed in range(20)]
    y = np.array([[_values(params, x)[2] for x in INPUTS] for params in networks])  # [20, N, M]
    sums = np.array([_values(examples.toy_network(), x)[2].sum() for x in INPUTS])
    if not (np.abs(sums - 1).min() > 0.1 and y.sum(2).min() < 0.9 and y.sum(2).max() > 1.1):
        return unmet("the outputs sum to one")
    least, most = y.sum(2).min(), y.sum(2).max()
    return Finding(
        f"{len(networks)} random networks: y_1 + y_2 from {least:.3f} to {most:.3f}",
        max(0.0, float(-y.min()), float(y.max() - 1)),
        values={"sums": sums},
    )


@claim(
    "c.context.2",
    "For the label `[0, 1]` the squared error is least where `y_1 = 0` and `y_2 = 1`",
)
def targets() -> Finding:
    t = jnp.asarray(TARGETS[0])
    slope = compiled(jax.grad(mlp.squared_error))(t, t)
    curvature = compiled(jax.hessian(mlp.squared_error))(t, t)
    return equal(
        "at y = t: no error, no slope, curvature one",
        (mlp.squared_error(t, t), 0.0),
        (slope, [0.0, 0.0]),
        (curvature, np.eye(2)),
    )


claim(
    "c.context.3",
    "Minimising the loss with the minus sign makes the outputs match the labels",
    sheet=NEGATIVE,
    correction=RIGHT_SIGN,
)(_loss_sign)


@claim(
    "c.context.4",
    "The factor `1/2` only simplifies computations: the result is the same",
    assumptions=("the result is the minimum; with the same learning rate, steps are half as long",),
)
def one_half() -> Finding:
    params = examples.random_network(5)
    double = jax.tree.map(np.asarray, _unhalved_slopes(params))
    step = examples.toy_update(params, 1.0)  # on the loss with the factor
    pairs = list(zip(params, step, double, strict=True))
    return equal(
        "a step equals one of half the learning rate without the factor",
        *((new.weight, np.asarray(old.weight) - 0.5 * g.weight) for old, new, g in pairs),
        *((g.weight, 2 * exact.weight) for g, exact in zip(double, _slopes(params), strict=True)),
    )


@claim(
    "c.i.1",
    "`y_1 = sigma(w_11 h_1 + w_21 h_2)`, `y_2 = sigma(w_12 h_1 + w_22 h_2)`",
    assumptions=(FROM_TO,),
)
def outputs() -> Finding:
    toy = Toy()
    w, h = toy.W[2], toy.h
    y = [logistic(w[0, j] * h[:, 0] + w[1, j] * h[:, 1]) for j in (0, 1)]
    return equal("forward pass on random weights", (np.transpose(y), toy.y))


@claim(
    "c.i.1.index",
    "`w_ij^(k)` leads from unit i of layer `k - 1` to unit j of layer k",
    assumptions=("this is the order in this part; in `networks.c.1` it is the other way round",),
)
def index_order() -> Finding:
    new = examples.toy_update(examples.toy_network())
    here, there = (float(np.asarray(new[1].weight)[i]) for i in ((1, 0), (0, 1)))
    other = 1 + np.mean([(t[0] - y) * y * (1 - y) * h for (h, y), t in _rounded_values()])
    if not abs(_two_digits()[0] - W12) < 0.0005 < abs(other - W12):
        return unmet(f"the printed {W12} does not tell the two readings apart")
    return equal(
        f"w_12^(2) becomes {here:.4f}; in the other order it would be {there:.4f}",
        ([here, there], _by_loop(1)[[1, 0], [0, 1]]),
    )


W12, W22 = 0.965, 0.99987  # after the update, as printed


def _by_loop(layer: int) -> np.ndarray:
    """Return a layer's weights after one update of all, by the loops; row i leads to unit i."""
    layers, names = examples.weights_of(examples.toy_network()), ["logistic"] * 2
    each = [
        references.network_gradient(layers, x, t, names, "squared_error")[layer][0]
        for x, t in _examples()
    ]
    return 1 - np.mean(each, axis=0)


def _rounded_values() -> list[tuple[tuple[float, float], np.ndarray]]:
    """Return h and y of both examples as they are printed, with the targets."""
    return list(zip([(h[0], y[0]) for h, y in FORWARD], TARGETS, strict=True))


# h and y of both examples, as printed.
FORWARD = (([0.73, 0.73], [0.81, 0.81]), ([0.98, 0.98], [0.88, 0.88]))


def _examples() -> list[tuple[np.ndarray, np.ndarray]]:
    return list(zip(INPUTS, TARGETS, strict=True))


@claim(
    "c.i.2.factor",
    "The second line is `-1/N sum_e ((-1)(t_1 - y_1) dy_1 + (t_2 - y_2) dy_2)`",
    sheet="(-1) on the first term only",
    assumptions=(POSITIVE,),
    correction="the factor `(-1)` belongs to both terms or to neither. With the right sign of the "
    "loss the line is `-1/N sum_e ((t_1 - y_1) dy_1 + (t_2 - y_2) dy_2)`, like the second line of "
    "`backprop.c.i.4`. The slip has no effect here, because `dy_1 = 0`; for a weight that reaches "
    "both outputs, such as `w_11^(1)`, it gives {printed:.4f} instead of {right:.4f} on random "
    "weights.",
)
def inner_derivative() -> Finding:
    toy = Toy()
    e = toy.t - toy.y
    both = -(e[:, :, None, None] * toy.dy[1]).sum(1).mean(0)  # weights that reach both outputs
    printed = -((-e[:, 0, None, None]) * toy.dy[1][:, 0] + e[:, 1, None, None] * toy.dy[1][:, 1])
    printed = printed.mean(0)
    shown = f"dL/dw_11^(1) on random weights {both[0, 0]:.6f}; as printed {printed[0, 0]:.6f}"
    return instead(shown, both, toy.dL[1], printed, right=both[0, 0], printed=printed[0, 0])


def output_weight_lines(toy: Toy) -> list[float]:
    """Return dL/dw_12^(2) by each line of its derivation, as it is printed."""
    e, dy = toy.t - toy.y, toy.dy[2][:, :, 0, 1]  # [N, 2]
    y2, h1, w = toy.y[:, 1], toy.h[:, 0], toy.W[2][:, 1]
    dz = _sum_slope(jnp.asarray(w), jnp.asarray(toy.h))
    first = float(np.asarray(_printed_slopes(toy.params)[1].weight)[1, 0])
    others = [
        -np.mean(-e[:, 0] * dy[:, 0] + e[:, 1] * dy[:, 1]),
        -np.mean(e[:, 1] * dy[:, 1]),
        -np.mean(e[:, 1] * y2 * (1 - y2) * np.asarray(dz)[:, 0]),
        -np.mean(e[:, 1] * y2 * (1 - y2) * h1),
        -np.mean(toy.delta[:, 1] * h1),
    ]
    return [first, *map(float, others)]


SIGN = (
    "`+1/(2N)` on the left, because the derivative of `(t - y)^2` is `-2 (t - y) dy`. The cause is "
    "the sign of the loss (`backprop.c.i.loss`); from the {first} line on, the signs are right."
)


@claim(
    "c.i.2.sign",
    "`-1/(2N) sum_e,l d(t_l - y_l)^2 = -1/N sum_e (t_2 - y_2) dy_2`",
    sheet="-1/(2N)",
    correction=SIGN.replace("{first}", "third"),
)
def sign_of_the_first_derivation() -> Finding:
    toy = Toy()
    first, _, third, *_ = output_weight_lines(toy)
    shown = f"on random weights the two lines are {first:.6f} and {third:.6f}"
    return instead(shown, third, toy.dL[2][0, 1], first)


@claim(
    "c.i.2.gradient",
    "`dL/dw_12^(2) = -1/N sum_e (t_2 - y_2) y_2 (1 - y_2) h_1 = -1/N sum_e delta_2 h_1`",
    assumptions=(POSITIVE, OF_EXAMPLE),
)
def output_gradient() -> Finding:
    toy = Toy()
    exact = toy.dL[2][0, 1]
    return equal(
        f"on random weights {exact:.6f}",
        (toy.dy[2][:, 0, 0, 1], [0.0, 0.0]),  # y_1 does not depend on this weight
        *((line, exact) for line in output_weight_lines(toy)[2:]),
    )


@claim("c.i.2.delta", "`delta_e2 = (t_e2 - y_e2) y_e2 (1 - y_e2)`")
def delta() -> Finding:
    toy = Toy()
    sums = jnp.asarray(toy.h @ toy.W[2])
    slope = jax.grad(lambda z, t: mlp.squared_error(jax.nn.sigmoid(z), t))
    minus = -compiled(jax.vmap(slope))(sums, jnp.asarray(toy.t))
    return equal("minus the derivative of the loss in the output's sum", (toy.delta, minus))


@claim(
    "c.i.3",
    "`h_1 = sigma(w_11 x_1 + w_21 x_2 + w_31 x_3)`, `h_2 = sigma(w_12 x_1 + w_22 x_2 + w_32 x_3)`",
    assumptions=(FROM_TO,),
)
def hidden_values() -> Finding:
    toy = Toy()
    w, x = toy.W[1], toy.x
    h = [logistic(w[0, j] * x[:, 0] + w[1, j] * x[:, 1] + w[2, j] * x[:, 2]) for j in (0, 1)]
    return equal("forward pass on random weights", (np.transpose(h), toy.h))


def hidden_weight_lines(toy: Toy) -> list[float]:
    """Return dL/dw_22^(1) by each line of its derivation, as it is printed."""
    d, w, h2, x2 = toy.delta, toy.W[2], toy.h[:, 1], toy.x[:, 1]
    terms = (toy.t - toy.y) * toy.dy[1][:, :, 1, 1]  # [N, 2]
    # dh_1 and dh_2 by autodiff: the first, dropped in the fourth line, is zero.
    dh = np.asarray(_hidden_slopes(toy.params)[0].weight)[:, :, 1, 1]  # [N, 2]
    dh2 = h2 * (1 - h2) * x2
    lines = [
        -terms[:, 1],
        terms.sum(1),
        (d * (dh @ w)).sum(1),
        d[:, 0] * w[1, 0] * dh[:, 1] + d[:, 1] * w[1, 1] * dh[:, 1],
        d[:, 0] * w[1, 0] * dh2 + d[:, 1] * w[1, 1] * dh2,
        dh2 * (d * w[1]).sum(1),
    ]
    return [-float(np.mean(line)) for line in lines]


@claim(
    "c.i.4.bounds",
    "In the first line the sum over the outputs runs over `l = 2..2`",
    sheet="l = 2..2",
    correction="`l = 1..2`: `w_22^(1)` leads to a hidden unit, on which both outputs depend. On "
    "random weights the derivative is {right:.4f}; as printed it would be {printed:.4f}.",
)
def sum_bounds() -> Finding:
    toy = Toy()
    printed, right, *_ = hidden_weight_lines(toy)
    printed = -printed  # the sign of the printed line is a claim of its own
    shown = f"on random weights {right:.6f}; as printed {printed:.6f}"
    return instead(shown, right, toy.dL[1][1, 1], printed, right=right, printed=printed)


@claim(
    "c.i.4.sign",
    "`-1/(2N) sum_e,l d(t_l - y_l)^2 = -1/N sum_e ((t_1 - y_1) dy_1 + (t_2 - y_2) dy_2)`",
    sheet="-1/(2N)",
    correction=SIGN.replace("{first}", "second"),
)
def sign_of_the_derivation() -> Finding:
    toy = Toy()
    second = hidden_weight_lines(toy)[1]
    first = float(np.asarray(_printed_slopes(toy.params)[0].weight)[1, 1])
    shown = f"on random weights the two lines are {first:.6f} and {second:.6f}"
    return instead(shown, second, toy.dL[1][1, 1], first)


@claim(
    "c.i.4.gradient",
    "`dL/dw_22^(1) = -1/N sum_e h_2 (1 - h_2) x_2 sum_l delta_l w_2l^(2)`",
    assumptions=(POSITIVE, OF_EXAMPLE, "the dot after the first sum sign has no meaning"),
)
def hidden_gradient() -> Finding:
    toy = Toy()
    exact = toy.dL[1][1, 1]
    lines = hidden_weight_lines(toy)[1:]
    return equal(f"on random weights {exact:.6f}", *((line, exact) for line in lines))


@claim(
    "c.i.5",
    "The updates are `w_12^(2) += 1/N sum_e delta_2 h_1` and "
    "`w_22^(1) += 1/N sum_e h_2 (1 - h_2) x_2 sum_l delta_l w_2l^(2)`",
    assumptions=(POSITIVE, OF_EXAMPLE, "the learning rate, which would multiply `1/N`, is `1`"),
)
def update_rules() -> Finding:
    toy = Toy()
    new = examples.toy_update(toy.params, 1.0)
    first = toy.W[2][0, 1] + np.mean(toy.delta[:, 1] * toy.h[:, 0])
    dh2 = toy.h[:, 1] * (1 - toy.h[:, 1]) * toy.x[:, 1]
    second = toy.W[1][1, 1] + np.mean(dh2 * (toy.delta * toy.W[2][1]).sum(1))
    new = [np.asarray(layer.weight) for layer in new]
    slow = np.asarray(examples.toy_update(toy.params, 0.25)[1].weight)[1, 0]
    return equal(
        "one step of descent on random weights",
        (new[1][1, 0], first),
        (new[0][1, 1], second),
        (slow - toy.W[2][0, 1], 0.25 * (first - toy.W[2][0, 1])),
    )


@claim(
    "c.ii.index",
    "Initially `w_jk^(i) = 1` for all i, j and k",
    assumptions=("i is the layer here, and j and k are units; elsewhere the layer is k",),
)
def third_index_order() -> Finding:
    toy, random = examples.toy_network(), examples.random_network(5)

    def swapped(params: list[mlp.Layer]) -> float:  # the units of the last layer exchanged
        layers = [params[0], params[1]._replace(weight=jnp.asarray(np.asarray(params[1].weight).T))]
        return max(largest(_values(params, x)[2], _values(layers, x)[2]) for x in INPUTS)

    if not swapped(random) > 0.01:
        return unmet("the order of the indices makes no difference on random weights")
    weights = np.concatenate([np.ravel(layer.weight) for layer in toy])
    return equal(
        "all weights are equal, so that the order of their indices makes no difference",
        (weights, np.ones(len(weights))),
        (swapped(toy), 0.0),
    )


def _forward_values(example: int) -> list[list[float]]:
    _, h, y = _values(examples.toy_network(), INPUTS[example])
    return [h.tolist(), y.tolist()]


for _example, _place in enumerate(("first", "second")):
    _values_printed = [list(layer) for layer in FORWARD[_example]]

    @claim(
        f"c.ii.forward.{_example + 1}",
        f"In the {_place} example, h = ({{sheet[0]}}) and y = ({{sheet[1]}})",
        sheet=_values_printed,
    )
    def forward_values(sheet: list[list[float]], example: int = _example) -> Finding:
        return rounded(_forward_values(example), sheet, 2)


def _two_digits() -> tuple[float, float]:
    """Return both weights after the update, from h and y as printed, rounded to two digits."""
    terms = []
    for ((h, y), t), x in zip(_rounded_values(), INPUTS, strict=True):
        d = [(t[i] - y) * y * (1 - y) for i in (0, 1)]
        terms.append((d[1] * h, h * (1 - h) * x[1] * sum(d)))
    return tuple(1 + np.mean(terms, axis=0))


@claim(
    "c.ii.w12",
    "`w_12^(2)` becomes {sheet}",
    sheet=W12,
    assumptions=(
        "h and y are rounded to two digits, as printed; without rounding it becomes {exact:.5f}",
    ),
)
def first_update(sheet: float) -> Finding:
    exact = float(np.asarray(examples.toy_update(examples.toy_network())[1].weight)[1, 0])
    from_printed = _two_digits()[0]
    finding = rounded(from_printed, sheet, 3, exact=exact)
    if largest(exact, _by_loop(1)[1, 0]) > 1e-12:
        return unmet(f"{exact:.6f} is not what the loop gives")
    return finding._replace(computed=f"{exact:.6f}; {from_printed:.6f} from values of two digits")


@claim("c.ii.x2", "The first example adds nothing to `w_22^(1)`, since its `x_2` is {sheet}", 0)
def no_contribution(sheet: int) -> Finding:
    x, t = (jnp.asarray(each[0]) for each in (INPUTS, TARGETS))
    by_hand = compiled(lambda p: gradients.backpropagate(p, x, t, "logistic"))
    gradient = np.asarray(by_hand(examples.toy_network())[0].weight)
    return equal(gradient[1, 1], (x[1], sheet), (gradient[:, 1], [0.0, 0.0]))


@claim(
    "c.ii.w22",
    "`w_22^(1)` becomes {sheet}",
    sheet=W22,
    correction="{exact:.5f}, or {rounded:.5f} from values of two digits. In both terms "
    "`y (1 - y)` is printed as `{y} (1 - {h})`, with h in the place of y; it is `{y} (1 - {y})`.",
)
def second_update(sheet: float) -> Finding:
    toy = examples.toy_network()
    exact = float(np.asarray(examples.toy_update(toy)[0].weight)[1, 1])
    (h, y), _ = _rounded_values()[1]
    slip = 0.5 * (1 - h) * h * ((1 - y) - y) * y * (1 - h)
    if abs(1 + slip - sheet) > 0.5e-5:
        return unmet(f"1 - {h} does not explain the printed {sheet}")
    from_printed = _two_digits()[1]
    rounding = abs(exact - from_printed) + 0.5e-5
    return instead(
        f"{exact:.6f}; {from_printed:.6f} from values of two digits",
        exact, _by_loop(0)[1, 1], sheet, resolution=rounding,
        exact=exact, rounded=from_printed, h=h, y=y,
    )  # fmt: skip
