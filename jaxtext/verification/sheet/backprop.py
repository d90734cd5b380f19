"""Backpropagation: the derivative of the logistic function, and the 3-2-2 network by hand.

The formulas are evaluated on random weights, where no symmetry hides a wrong index, with the
indices of this part of the sheet: w_ij leads from unit i to unit j. `W[k]` below is indexed so.
"""

import jax
import jax.numpy as jnp
import numpy as np

from jaxtext.models import mlp
from jaxtext.verification import gradients, references
from jaxtext.verification.findings import Finding, Section, equal, instead, largest, rounded
from jaxtext.verification.oracles import compiled
from jaxtext.verification.sheet import examples
from jaxtext.verification.sheet.examples import INPUTS, TARGETS, logistic

SECTION = Section("backprop")
claim = SECTION.claim
GRID = np.linspace(-4, 4, 17)
POSITIVE = "the loss has a positive sign (see backprop.c.i.loss)"
OF_EXAMPLE = "h_j and x_i are those of example e, though they stand without its index"


class Toy:
    """The network on random weights: all values that the formulas on the sheet name."""

    def __init__(self) -> None:
        self.params = examples.random_network(5)
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


def _loss(params: list[mlp.Layer]) -> jax.Array:
    return mlp.batch_loss(params, jnp.asarray(INPUTS), jnp.asarray(TARGETS), "logistic")


# Compiled once for all claims; what the JAX functions give is converted to NumPy at once.
_layer_values = compiled(lambda params, x: mlp.values(params, x, "logistic"))
_value = compiled(_loss)
_gradient = compiled(jax.grad(_loss))
_output_slopes = compiled(jax.jacobian(_outputs))
_hidden_slopes = compiled(jax.jacobian(lambda params: _hidden(params)))
# The first line of both derivations, as it is printed.
_printed_slopes = compiled(jax.grad(lambda p: -0.5 * jnp.mean(jnp.sum(_errors(p) ** 2, axis=1))))
_logistic_slope = compiled(jax.vmap(jax.grad(lambda x: mlp.resolve("logistic")(x))))


def _slopes(params: list[mlp.Layer]) -> list[mlp.Layer]:
    """Gradient of the loss by autodiff."""
    return jax.tree.map(np.asarray, _gradient(params))


def _descend(params: list[mlp.Layer], sign: float) -> float:
    """The squared error after one step of learning rate 1 on the loss with this sign."""
    step = jax.tree.map(lambda w, g: jnp.asarray(np.asarray(w) - sign * g), params, _slopes(params))
    return float(_value(step))


def _loss_by_loop(params: list[mlp.Layer]) -> float:
    layers = examples.weights_of(params)
    losses = [
        references.output_loss(
            "squared_error", references.forward(layers, x, ["logistic"] * 2)[-1], t
        )
        for x, t in zip(INPUTS, TARGETS, strict=True)
    ]
    return sum(losses) / len(losses)


@claim("context.1", "Gradients tell how to change the parameters of a network")
def gradients_help() -> Finding:
    params = examples.toy_network()
    before, after = float(_value(params)), _descend(params, 1.0)
    return Finding(
        f"a step lowers the loss from {before:.6f} to {after:.6f}", max(0, after - before)
    )


@claim("context.2", "Gradients go backwards: those of a layer come from those of the next")
def backwards() -> Finding:
    toy = Toy()
    d = -toy.delta / len(INPUTS)  # of the output sums
    d = (d @ toy.W[2].T) * toy.h * (1 - toy.h)  # of the hidden sums
    return equal("first layer from the second's", (toy.x.T @ d, toy.dL[1]))


@claim("a", "What training needs is the derivative of the loss in all parameters")
def relevant_gradients() -> Finding:
    params = examples.random_network(5)
    by_hand, exact = examples.toy_gradient(params), _slopes(params)
    pairs = [(a, b) for a, b in zip(jax.tree.leaves(by_hand), jax.tree.leaves(exact), strict=True)]
    return equal("10 derivatives for 10 weights", (sum(a.size for a, _ in pairs), 10), *pairs)


@claim("b", "sigma'(x) = sigma(x) (1 - sigma(x))", sheet="sigma(x) (1 - sigma(x))")
def logistic_derivative() -> Finding:
    function = mlp.resolve("logistic")
    derivative = _logistic_slope(jnp.asarray(GRID))
    loop = [references.sigmoid(x) * (1 - references.sigmoid(x)) for x in GRID]
    pulled = gradients.PULLBACKS[function](
        jnp.asarray(GRID), function(jnp.asarray(GRID)), jnp.asarray(np.ones(17))
    )
    return equal("autodiff = formula = pullback", (derivative, loop), (pulled, loop))


def _lines_of_b() -> list[np.ndarray]:
    e = np.exp(-GRID)
    inner = compiled(jax.vmap(jax.grad(lambda x: 1 + jnp.exp(-x))))(jnp.asarray(GRID))
    minus = compiled(jax.vmap(jax.grad(lambda x: -x)))(jnp.asarray(GRID))
    inner, minus = np.asarray(inner), np.asarray(minus)
    s = logistic(GRID)
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


@claim("b.1", "The derivation of sigma': chain rule, then one fraction split into two")
def derivation_first() -> Finding:
    exact = _logistic_slope(jnp.asarray(GRID))
    return equal("5 lines, each equal to autodiff", *((line, exact) for line in _lines_of_b()[:5]))


@claim("b.2", "The derivation of sigma': the two fractions are sigma and its square")
def derivation_second() -> Finding:
    exact = _logistic_slope(jnp.asarray(GRID))
    return equal("4 lines, each equal to autodiff", *((line, exact) for line in _lines_of_b()[4:]))


NEGATIVE = "-1/2 1/N sum (t - y)^2"
RIGHT_SIGN = (
    "+1/2 1/N sum (t - y)^2. Descending the printed loss drives outputs away from the labels; the "
    "sheet's own updates descend the positive one."
)


def _loss_sign() -> Finding:
    params = examples.toy_network()
    here = float(_value(params))
    right, wrong = _descend(params, 1.0), _descend(params, -1.0)
    return Finding(
        f"squared error {here:.6f}; a step on +L: {right:.6f}, on -L: {wrong:.6f}",
        max(largest(here, _loss_by_loop(params)), right - here, here - wrong),
        gap=wrong - right,
    )


claim(
    "c.i.loss",
    "Squared error to be minimised: -1/2 1/N sum over e, l of (t_el - y_el)^2",
    sheet=NEGATIVE,
    correction=RIGHT_SIGN,
)(_loss_sign)


@claim("c.i.sizes", "The toy setting has M = N = 2: two labels, two examples", sheet="M = N = 2")
def data_sizes() -> Finding:
    widths = [layer.weight.shape for layer in examples.toy_network()]
    return equal("N = 2, M = 2", (TARGETS.shape, (2, 2)), (widths, [(2, 3), (2, 2)]))


@claim(
    "c.context.1",
    "The outputs y_1, y_2 lie in [0, 1], each the probability of one class",
    assumptions=(
        "each is read as the probability of a yes or no of its own: they do not sum to one",
    ),
)
def outputs_as_probabilities() -> Finding:
    y = np.array([_values(examples.toy_network(), x)[2] for x in INPUTS])
    outside = max(0.0, float(-y.min()), float(y.max() - 1))
    sums = ", ".join(f"{s:.3f}" for s in y.sum(1))
    return Finding(f"y_1 + y_2 = {sums}", max(outside, largest(y[:, 0], y[:, 1])))


@claim("c.context.2", "Label [0, 1] asks for y_1 = 0 and y_2 = 1: there the squared error is least")
def targets() -> Finding:
    t = jnp.asarray(TARGETS[0])
    slope = compiled(jax.grad(mlp.squared_error))(t, t)
    curvature = compiled(jax.hessian(mlp.squared_error))(t, t)
    return equal(
        "value 0, slope 0, curvature 1 at y = t",
        (mlp.squared_error(t, t), 0.0),
        (slope, [0.0, 0.0]),
        (curvature, np.eye(2)),
    )


claim(
    "c.context.3",
    "The loss with the minus sign makes outputs match labels",
    sheet=NEGATIVE,
    correction=RIGHT_SIGN,
)(_loss_sign)


@claim(
    "c.context.4",
    "The factor 1/2 only simplifies: the result is the same",
    assumptions=("the result is the minimum: a step of the same learning rate is half as long",),
)
def one_half() -> Finding:
    params = examples.random_network(5)
    exact = _slopes(params)
    double = jax.tree.map(np.asarray, compiled(jax.grad(lambda p: 2 * _loss(p)))(params))
    pairs = zip(jax.tree.leaves(exact), jax.tree.leaves(double), strict=True)
    t = jnp.asarray(TARGETS[0])
    slope = compiled(jax.grad(lambda y: 2 * mlp.squared_error(y, t)))(t)
    return equal(
        "gradient halved, zero at the same y",
        (slope, [0, 0]),
        *((2 * a, b) for a, b in pairs),
    )


@claim(
    "c.i.1",
    "y_1 = sigma(w_11 h_1 + w_21 h_2), y_2 = sigma(w_12 h_1 + w_22 h_2)",
    assumptions=("w_ij leads from unit i to unit j",),
)
def outputs() -> Finding:
    toy = Toy()
    w, h = toy.W[2], toy.h
    y = [logistic(w[0, j] * h[:, 0] + w[1, j] * h[:, 1]) for j in (0, 1)]
    return equal("forward pass on random weights", (np.transpose(y), toy.y))


@claim(
    "c.i.1.index",
    "w_ij^(k) leads from unit i of layer k - 1 to unit j of layer k",
    assumptions=("in this part only: networks.c.1 has it the other way round",),
)
def index_order() -> Finding:
    new = examples.toy_update(examples.toy_network())
    here, there = (float(np.asarray(new[1].weight)[i]) for i in ((1, 0), (0, 1)))
    other = 1 + np.mean([(t[0] - y) * y * (1 - y) * h for (h, y), t in _rounded_values()])
    if not abs(_two_digits()[0] - 0.965) < 0.0005 < abs(other - 0.965):
        return Finding("the printed 0.965 does not tell the two readings apart", np.inf)
    return equal(
        f"w_12^(2) becomes {here:.4f}, as printed; {there:.4f} if it led to unit 1 from unit 2",
        ([here, there], _by_loop(1)[[1, 0], [0, 1]]),
    )


def _by_loop(layer: int) -> np.ndarray:
    """The weights of a layer after one update of all, by the loops; row i leads to unit i."""
    layers, names = examples.weights_of(examples.toy_network()), ["logistic"] * 2
    each = [
        references.network_gradient(layers, x, t, names, "squared_error")[layer][0]
        for x, t in _examples()
    ]
    return 1 - np.mean(each, axis=0)


def _rounded_values() -> list[tuple[tuple[float, float], np.ndarray]]:
    """h and y of both examples as they are printed, with the targets."""
    return list(zip([(0.73, 0.81), (0.98, 0.88)], TARGETS, strict=True))


def _examples() -> list[tuple[np.ndarray, np.ndarray]]:
    return list(zip(INPUTS, TARGETS, strict=True))


@claim(
    "c.i.2.factor",
    "Second line: -1/N sum_e ((-1)(t_1 - y_1) dy_1 + (t_2 - y_2) dy_2)",
    sheet="(-1) on the first term only",
    assumptions=(POSITIVE,),
    correction="(-1) belongs to both terms or to neither: with the right sign of the loss, "
    "-1/N sum_e ((t_1 - y_1) dy_1 + (t_2 - y_2) dy_2), as in the second line of c.i.4. Unseen here "
    "since dy_1 = 0; for a weight that reaches both outputs the printed pattern is wrong.",
)
def inner_derivative() -> Finding:
    toy = Toy()
    e = toy.t - toy.y
    both = -(e[:, :, None, None] * toy.dy[1]).sum(1).mean(0)  # weights that reach both outputs
    printed = -((-e[:, 0, None, None]) * toy.dy[1][:, 0] + e[:, 1, None, None] * toy.dy[1][:, 1])
    printed = printed.mean(0)
    shown = f"dL/dw_11^(1) on random weights {both[0, 0]:.6f}; as printed {printed[0, 0]:.6f}"
    return instead(shown, both, toy.dL[1], printed)


@claim(
    "c.i.2.sign",
    "-1/(2N) sum_e,l d(t_l - y_l)^2 = -1/N sum_e (t_2 - y_2) dy_2",
    sheet="-1/(2N)",
    correction="+1/(2N) on the left: the derivative of (t - y)^2 is -2 (t - y) dy. It is the sign "
    "of the loss again (c.i.loss); from the third line on the signs are right.",
)
def sign_of_the_first_derivation() -> Finding:
    toy = Toy()
    first = float(np.asarray(_printed_slopes(toy.params)[1].weight)[1, 0])
    third = -np.mean((toy.t - toy.y)[:, 1] * toy.dy[2][:, 1, 0, 1])
    shown = f"on random weights the lines are {first:.6f} and {third:.6f}"
    return instead(shown, third, toy.dL[2][0, 1], first)


@claim(
    "c.i.2.gradient",
    "dL/dw_12^(2) = -1/N sum_e (t_2 - y_2) y_2 (1 - y_2) h_1 = -1/N sum_e delta_2 h_1",
    assumptions=(POSITIVE, OF_EXAMPLE),
)
def output_gradient() -> Finding:
    toy = Toy()
    t2, y2, h1 = toy.t[:, 1], toy.y[:, 1], toy.h[:, 0]
    exact = toy.dL[2][0, 1]
    return equal(
        f"on random weights {exact:.6f}",
        (toy.dy[2][:, 0, 0, 1], [0.0, 0.0]),  # y_1 does not depend on this weight
        (-np.mean((t2 - y2) * toy.dy[2][:, 1, 0, 1]), exact),
        (-np.mean((t2 - y2) * y2 * (1 - y2) * h1), exact),
        (-np.mean(toy.delta[:, 1] * h1), exact),
    )


@claim("c.i.2.delta", "delta_e2 = (t_e2 - y_e2) y_e2 (1 - y_e2)")
def delta() -> Finding:
    toy = Toy()
    sums = jnp.asarray(toy.h @ toy.W[2])
    slope = jax.grad(lambda z, t: mlp.squared_error(jax.nn.sigmoid(z), t))
    minus = -compiled(jax.vmap(slope))(sums, jnp.asarray(toy.t))
    return equal("minus the derivative in the output's sum", (toy.delta, minus))


@claim(
    "c.i.3",
    "h_1 = sigma(w_11 x_1 + w_21 x_2 + w_31 x_3), h_2 = sigma(w_12 x_1 + w_22 x_2 + w_32 x_3)",
    assumptions=("w_ij leads from unit i to unit j",),
)
def hidden_values() -> Finding:
    toy = Toy()
    w, x = toy.W[1], toy.x
    h = [logistic(w[0, j] * x[:, 0] + w[1, j] * x[:, 1] + w[2, j] * x[:, 2]) for j in (0, 1)]
    return equal("forward pass on random weights", (np.transpose(h), toy.h))


@claim(
    "c.i.4.bounds",
    "First line: the sum over the outputs runs from l = 2 to 2",
    sheet="l = 2..2",
    correction="l = 1..2: w_22^(1) leads to a hidden unit, which both outputs depend on.",
)
def sum_bounds() -> Finding:
    toy = Toy()
    terms = -(toy.t - toy.y) * toy.dy[1][:, :, 1, 1]  # [N, 2]
    right, printed = terms.sum(1).mean(), terms[:, 1].mean()
    shown = f"on random weights {right:.6f}; as printed {printed:.6f}"
    return instead(shown, right, toy.dL[1][1, 1], printed)


@claim(
    "c.i.4.sign",
    "-1/(2N) sum_e,l d(t_l - y_l)^2 = -1/N sum_e ((t_1 - y_1) dy_1 + (t_2 - y_2) dy_2)",
    sheet="-1/(2N)",
    correction="+1/(2N) on the left: the derivative of (t - y)^2 is -2 (t - y) dy. It is the sign "
    "of the loss again (c.i.loss); from the second line on the signs are right.",
)
def sign_of_the_derivation() -> Finding:
    toy = Toy()
    second = -((toy.t - toy.y) * toy.dy[1][:, :, 1, 1]).sum(1).mean()
    first = float(np.asarray(_printed_slopes(toy.params)[0].weight)[1, 1])
    shown = f"on random weights the lines are {first:.6f} and {second:.6f}"
    return instead(shown, second, toy.dL[1][1, 1], first)


@claim(
    "c.i.4.gradient",
    "dL/dw_22^(1) = -1/N sum_e h_2 (1 - h_2) x_2 sum_l delta_l w_2l^(2)",
    assumptions=(POSITIVE, OF_EXAMPLE, "the dot after the sum sign stands for nothing"),
)
def hidden_gradient() -> Finding:
    toy = Toy()
    d, w, h2, x2 = toy.delta, toy.W[2], toy.h[:, 1], toy.x[:, 1]
    exact = toy.dL[1][1, 1]
    dh2 = h2 * (1 - h2) * x2
    # dh_1 and dh_2 by autodiff: the first, dropped in the fourth line, is zero.
    dh = np.asarray(_hidden_slopes(toy.params)[0].weight)[:, :, 1, 1]  # [N, 2]
    lines = [
        d[:, 0] * (w[0, 0] * dh[:, 0] + w[1, 0] * dh[:, 1])
        + d[:, 1] * (w[0, 1] * dh[:, 0] + w[1, 1] * dh[:, 1]),
        d[:, 0] * w[1, 0] * dh[:, 1] + d[:, 1] * w[1, 1] * dh[:, 1],
        (toy.t - toy.y)[:, 0] * toy.dy[1][:, 0, 1, 1]
        + (toy.t - toy.y)[:, 1] * toy.dy[1][:, 1, 1, 1],
        d[:, 0] * w[1, 0] * dh2 + d[:, 1] * w[1, 1] * dh2,
        dh2 * (d * w[1]).sum(1),
    ]
    return equal(f"on random weights {exact:.6f}", *((-np.mean(line), exact) for line in lines))


@claim(
    "c.i.5",
    "Update rules: w_12^(2) += 1/N sum_e delta_2 h_1, w_22^(1) += 1/N sum_e h_2 (1 - h_2) x_2 "
    "sum_l delta_l w_2l^(2)",
    assumptions=(POSITIVE, OF_EXAMPLE, "the learning rate, which would stand before 1/N, is 1"),
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


def _forward_values(example: int) -> list[float]:
    _, h, y = _values(examples.toy_network(), INPUTS[example])
    return [*h, *y]


@claim("c.ii.forward.1", "Example 1: h = (0.73, 0.73), y = (0.81, 0.81)", [0.73, 0.73, 0.81, 0.81])
def first_example() -> Finding:
    return rounded(_forward_values(0), [0.73, 0.73, 0.81, 0.81], 2)


@claim("c.ii.forward.2", "Example 2: h = (0.98, 0.98), y = (0.88, 0.88)", [0.98, 0.98, 0.88, 0.88])
def second_example() -> Finding:
    return rounded(_forward_values(1), [0.98, 0.98, 0.88, 0.88], 2)


def _two_digits() -> tuple[float, float]:
    """Both updates from the values as they are printed, rounded to two digits."""
    terms = []
    for ((h, y), t), x in zip(_rounded_values(), INPUTS, strict=True):
        d = [(t[i] - y) * y * (1 - y) for i in (0, 1)]
        terms.append((d[1] * h, h * (1 - h) * x[1] * sum(d)))
    return tuple(1 + np.mean(terms, axis=0))


@claim(
    "c.ii.w12",
    "w_12^(2) becomes 0.965",
    sheet=0.965,
    assumptions=("computed from h and y rounded to two digits, as printed; exactly it is 0.964",),
)
def first_update() -> Finding:
    exact = float(np.asarray(examples.toy_update(examples.toy_network())[1].weight)[1, 0])
    from_printed = _two_digits()[0]
    finding = rounded(from_printed, 0.965, 3)
    if abs(exact - _by_loop(1)[1, 0]) > 1e-12:
        return Finding(f"{exact:.6f}", np.inf)
    return finding._replace(computed=f"{exact:.6f}; {from_printed:.6f} from values of two digits")


@claim("c.ii.x2", "Example 1 adds nothing to w_22^(1), since its x_2 is 0", sheet=0)
def no_contribution() -> Finding:
    x, t = (jnp.asarray(each[0]) for each in (INPUTS, TARGETS))
    by_hand = compiled(lambda p: gradients.backpropagate(p, x, t, "logistic"))
    gradient = np.asarray(by_hand(examples.toy_network())[0].weight)
    return equal(0.0, (gradient[:, 1], [0.0, 0.0]))


@claim(
    "c.ii.w22",
    "w_22^(1) becomes 0.99987",
    sheet=0.99987,
    correction="0.99928 (0.99921 from values of two digits). In both terms y (1 - y) is "
    "0.88 (1 - 0.88); the sheet has 1 - 0.98, which belongs to h.",
)
def second_update() -> Finding:
    toy = examples.toy_network()
    exact = float(np.asarray(examples.toy_update(toy)[0].weight)[1, 1])
    slip = 0.5 * (1 - 0.98) * 0.98 * ((1 - 0.88) - 0.88) * 0.88 * (1 - 0.98)
    if abs(1 + slip - 0.99987) > 0.5e-5:
        return Finding("1 - 0.98 does not explain what is printed", np.inf)
    from_printed = _two_digits()[1]
    rounding = abs(exact - from_printed) + 0.5e-5
    return instead(
        f"{exact:.6f}; {from_printed:.6f} from values of two digits",
        exact, _by_loop(0)[1, 1], 0.99987, resolution=rounding,
    )  # fmt: skip


@claim("c.ii.all", "One update of all ten weights, with learning rate 1")
def all_weights() -> Finding:
    toy = examples.toy_network()
    new = examples.toy_update(toy)
    exact = _slopes(toy)
    pairs = [
        (a.weight, np.asarray(w.weight) - g.weight) for a, w, g in zip(new, toy, exact, strict=True)
    ]
    return equal([np.round(np.asarray(layer.weight), 6).tolist() for layer in new], *pairs)
