# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     notebook_metadata_filter: kernelspec,jupytext,-jupytext.text_representation
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Networks and backpropagation
#
# A network can be drawn as circles and lines, written as a formula, or computed with matrices. Here
# the three views stand side by side. They lead up to the exercise that everybody does by hand once:
# one update of a network with ten weights. The gradient derived by hand is then checked in two
# other ways.
#
# The exercise is from Exercise 02 of the course Advanced Methods in Text Analytics (University of
# Mannheim, FSS 2025), which we call *the sheet*. Its first two parts, on networks and on
# backpropagation, are the subject of this notebook.

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax

from jaxtext import mlp, plots, training
from jaxtext.reports import interactive
from jaxtext.reports.derivations import draw_derivation, in_words
from jaxtext.verification import gradients, oracles
from jaxtext.verification.sheet import derivations, examples

jax.config.update("jax_enable_x64", True)
plt.rcParams.update(plots.STYLE)

# %% [markdown]
# ## Units and layers
#
# Unit $j$ of a layer multiplies each value of the previous layer by a weight, adds up the products
# and applies a function $f$, here the logistic function $\sigma(z) = 1 / (1 + e^{-z})$:
#
# $$h_j = f\Big(\sum_i x_i\, w_{ij}\Big)$$
#
# In the drawing, circles contain values, which are computed, and lines carry weights, which are
# learned. There are as many inputs and outputs as a task needs, here three and two. The first index
# of a weight is the unit at which its line begins, the second is the unit at which it ends:
# **$w_{ij}$ leads from unit $i$ to unit $j$** everywhere in this notebook. Where there are several
# layers of weights, a number above counts them, as in $w_{ij}^{(1)}$. This is the order of the
# sheet's exercise on backpropagation. (Its part on networks has the indices the other way round,
# and one line of the exercise has the layer between them.)

# %%
W = jnp.array([[0.5, -1.0, 2.0], [1.5, 0.0, -0.5]])  # a row for each unit, as in `mlp.Layer`
x = jnp.array([1.0, 2.0, 0.5])
h = [mlp.unit(row, x, "logistic") for row in W]  # one unit at a time, one term at a time
for j, row in enumerate(W):
    terms = " + ".join(f"({value:g})({w:g})" for w, value in zip(row, x, strict=True))
    print(f"h_{j + 1} = f({terms}) = f({row @ x:g}) = {h[j]:.4f}")
figure, ax = plt.subplots(figsize=(5, 3.6))
plots.draw_network([mlp.Layer(W)], [x, np.array(h)], ["x", "h"], ax)
plots.show(
    figure,
    "A layer with three inputs and two units. Each input is joined to each unit by a line with its "
    "weight; positive weights are blue, negative ones brown.",
)

# %% [markdown]
# The weights of unit $j$ are a vector. The sheet stacks these vectors as the rows of a matrix $W$,
# so $w_{ij}$ stands in row $j$ and column $i$ of $W$, which is row $i$ and column $j$ of $W^\top$.
# The sums of a whole layer are the product of a matrix and a vector: $h = f(W x)$. For $N$ examples
# at once, one per row of $X$, they are the product of two matrices:
#
# $$H = f(X W^\top), \qquad X \in \mathbb{R}^{N \times d}, \quad W \in \mathbb{R}^{p \times d},
#   \quad H \in \mathbb{R}^{N \times p}$$

# %%
X = jnp.array([[1.0, 2.0, 0.5], [-1.0, 0.0, 2.0], [2.0, 1.0, 1.0], [0.0, -1.0, 1.0]])
H = mlp.layer_outputs(mlp.Layer(W), X, "logistic")
by_unit = np.array([[mlp.unit(row, x, "logistic") for row in W] for x in X])
print(f"largest difference from one unit at a time: {np.abs(H - by_unit).max():.0e}")

figure, axes = plt.subplots(1, 3, figsize=(9, 2.8), width_ratios=(3, 2, 2), layout="tight")
of_example = [f"example {n}" for n in range(1, 5)]
plots.draw_table(X, of_example, ["$x_1$", "$x_2$", "$x_3$"], axes[0], title="$X$")
plots.draw_table(W.T, ["$x_1$", "$x_2$", "$x_3$"], ["$h_1$", "$h_2$"], axes[1], title=r"$W^\top$")
plots.draw_table(H, None, ["$h_1$", "$h_2$"], axes[2], title=r"$H = f(X W^\top)$")
plots.show(
    figure,
    "Three tables: X has a row for each of four examples, W transposed has a row for each input "
    "and a column for each unit, and H has a row for each example and a column for each unit.",
)

# %% [markdown]
# ## A bias
#
# Without a bias, all units are at $f(0)$ when the input is zero, whatever the weights are. A bias
# $b_j$ moves each unit by a number of its own:
#
# $$h_j = f\Big(\sum_i x_i\, w_{ij} + b_j\Big), \qquad H = f(X W^\top + b).$$
#
# Nothing new has to be derived for it. A bias is the weight $w_{0j} = b_j$ of a line from one more
# input, $x_0$, which is always one. Its derivative will follow in the same way: where the
# derivative with respect to a weight is something times $x_i$, that with respect to the bias is the
# same thing times one. The networks of the sheet have no bias.

# %%
bias = jnp.array([0.3, -1.2])
with_bias = mlp.layer_outputs(mlp.Layer(W, bias), X, "logistic")
longer = jnp.column_stack([jnp.ones(len(X)), X])  # x_0 = 1
as_weights = mlp.layer_outputs(mlp.Layer(jnp.column_stack([bias, W])), longer, "logistic")
print(f"a bias as one more weight: largest difference {jnp.abs(with_bias - as_weights).max():.0e}")
zero = jnp.zeros((1, 3))
print("x = 0, without a bias:", mlp.layer_outputs(mlp.Layer(W), zero, "logistic")[0])
print("x = 0, with a bias:   ", mlp.layer_outputs(mlp.Layer(W, bias), zero, "logistic")[0].round(4))

# %% [markdown]
# ## Three activations and their derivatives
#
# Types of units differ in $f$. Backpropagation needs $f'$.
#
# **The logistic function.** By the chain rule,
#
# $$\sigma'(z) = \frac{d}{dz} \big(1 + e^{-z}\big)^{-1} = -\big(1 + e^{-z}\big)^{-2} \cdot
#   \big(-e^{-z}\big) = \frac{1}{1 + e^{-z}} \cdot \frac{e^{-z}}{1 + e^{-z}}.$$
#
# The first factor is $\sigma(z)$. The second is what is missing to one, $1 - \sigma(z)$, because
# both have the same denominator and their numerators add up to it. (It is also $\sigma(-z)$:
# multiply its numerator and its denominator by $e^z$.) So
#
# $$\sigma'(z) = \sigma(z)\,\big(1 - \sigma(z)\big).$$
#
# A unit that knows its value $h$ knows its derivative, $h (1 - h)$. It is largest at $z = 0$, where
# it is one quarter.
#
# **The hyperbolic tangent** is a logistic function that has been stretched,
# $\tanh z = 2 \sigma(2 z) - 1$. Hence $\tanh' z = 4\,\sigma(2z)\,(1 - \sigma(2z))$, and because
# $\sigma(2z) = (1 + h) / 2$ and $1 - \sigma(2z) = (1 - h) / 2$, this is $1 - h^2$.
#
# **ReLU** is $\max(0, z)$. Where $z > 0$ it is $z$ itself, with derivative 1. Where $z < 0$ it is
# constant, with derivative 0. At $z = 0$ the quotient $(f(z) - f(0)) / z$ is 1 from the right and 0
# from the left, so there is no derivative. Programs take 0 there, which does no harm as long as
# sums are seldom exactly zero. A unit with derivative 1 passes on what it receives; a logistic unit
# passes on at most a quarter. But a ReLU unit whose sum is negative in all examples passes on
# nothing, and its weights stay as they are.

# %%
derivatives = {
    "logistic": lambda h: h * (1 - h),
    "tanh": lambda h: 1 - h**2,
    "relu": lambda h: np.where(h > 0, 1.0, 0.0),
}
z = np.linspace(-4, 4, 401)
figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="tight")
colors = (plots.POSITIVE, plots.NEGATIVE, plots.INK)
for (name, derivative), color in zip(derivatives.items(), colors, strict=True):
    function = mlp.ACTIVATIONS[name]
    values = np.asarray(function(z))
    axes[0].plot(z, values, color=color, label=name)
    axes[1].plot(z, derivative(values), color=color)
    slope = jax.vmap(jax.grad(function))(z)
    print(f"{name:9} largest derivative {derivative(values).max():.2f}, ", end="")
    print(f"largest difference from jax.grad {np.abs(derivative(values) - slope).max():.0e}")
print("derivative of relu at exactly 0, according to jax.grad:", jax.grad(jax.nn.relu)(0.0))
axes[0].set(xlabel="z", title="f(z)", ylim=(-1.2, 2))
axes[1].set(xlabel="z", title="f'(z)")
axes[0].legend()
plots.show(
    figure,
    "Left: the logistic function rises from 0 to 1, tanh from -1 to 1, and ReLU is zero up to 0 "
    "and a rising line from there. Right: the derivatives of logistic and tanh are bells with "
    "heights of one quarter and one; that of ReLU jumps from 0 to 1.",
)

# %% [markdown]
# ## The forward pass
#
# The network of the exercise has three inputs, two hidden units and two outputs. All units are
# logistic, there are no biases, and all ten weights are one. There are two examples, one of each
# class:
#
# | $x$ | target $t$ |
# | --- | --- |
# | (-1, 0, 2) | (0, 1) |
# | (2, 1, 1) | (1, 0) |
#
# The sheet asks for two of the ten weights, which are red in its drawing: $w_{22}^{(1)}$, from
# $x_2$ to $h_2$, and $w_{12}^{(2)}$, from $h_1$ to $y_2$. Here they are red as well, with a frame.

# %%
X = jnp.array([[-1.0, 0.0, 2.0], [2.0, 1.0, 1.0]])
T = jnp.array([[0.0, 1.0], [1.0, 0.0]])
params = [mlp.Layer(jnp.ones((2, 3))), mlp.Layer(jnp.ones((2, 2)))]
passes = [mlp.values(params, x, "logistic") for x in X]  # x, h and y of each example
RED = {(0, 1, 1), (1, 1, 0)}  # layer, end and beginning of w_22^(1) and w_12^(2), from 0

figure, axes = plt.subplots(2, 1, figsize=(6.5, 7.2), layout="tight")
for ax, values, t in zip(axes, passes, T, strict=True):
    title = f"forward: values; the target is ({t[0]:g}, {t[1]:g})"
    plots.draw_network(params, values, ["x", "h", "y"], ax, title=title, marked=RED)
plots.show(
    figure,
    "The network of the exercise for both examples, with all weights 1. In the first example both "
    "hidden units are at 0.73 and both outputs at 0.81; in the second they are at 0.98 and 0.88. "
    "The lines from x_2 to h_2 and from h_1 to y_2 are marked in red.",
)

# %% [markdown]
# Because all weights are equal, the two hidden units have the same value, and so do the two
# outputs. So far the network answers "both classes" to everything.
#
# ## The loss, and its sign
#
# Gradient descent makes half the squared error small, averaged over the $N$ examples:
#
# $$L = \frac{1}{N} \sum_{e=1}^{N} \frac12 \sum_l (t_{e,l} - y_{e,l})^2$$
#
# The sheet prints this loss with a minus sign, but its updates are those of the formula above. A
# step down the printed loss would increase the error.


# %%
def loss(params):
    return mlp.batch_loss(params, X, T, "logistic")


slopes = jax.grad(loss)(params)
for sign, name in ((1, "L as above"), (-1, "L with a minus sign")):
    stepped = jax.tree.map(lambda w, g, sign=sign: w - sign * g, params, slopes)
    print(f"error {loss(params):.6f}, after a step on {name}: {loss(stepped):.6f}")

# %% [markdown]
# ## The backward pass
#
# Let $z$ be the sum of a unit before $f$ is applied, and let $\delta = \partial \ell / \partial z$
# be the derivative of one example's loss with respect to it. The weight $w_{ij}$ influences the
# loss only through the sum $z_j$ of the unit at which its line ends, and this sum contains it times
# the value at which the line begins. So
#
# $$\frac{\partial \ell}{\partial w_{ij}} = \delta_j \times
#   \text{the value of unit } i, \qquad \frac{\partial \ell}{\partial b_j} = \delta_j,$$
#
# the latter because a bias is multiplied by one. With $\sigma' = \sigma (1 - \sigma)$, the outputs
# have
#
# $$\delta^{(2)}_l = (y_l - t_l)\, y_l (1 - y_l),$$
#
# and a hidden unit collects the $\delta$ of all units to which its lines lead:
#
# $$\delta^{(1)}_j = h_j (1 - h_j) \sum_l w^{(2)}_{jl}\, \delta^{(2)}_l.$$
#
# (The $\delta$ of the sheet has the opposite sign.) With another activation, only the factors
# $y_l (1 - y_l)$ and $h_j (1 - h_j)$ change. In the next drawing, the circles contain $\delta$ and
# the lines carry the derivatives with respect to their weights.

# %%
backward = []
for (x, h, y), t in zip(passes, T, strict=True):
    delta_2 = (y - t) * y * (1 - y)
    delta_1 = h * (1 - h) * (params[1].weight.T @ delta_2)
    gradient = [mlp.Layer(jnp.outer(delta_1, x)), mlp.Layer(jnp.outer(delta_2, h))]
    backward.append((gradient, [None, delta_1, delta_2]))

figure, axes = plt.subplots(2, 1, figsize=(6.5, 7.2), layout="tight")
letters = ["x", r"\delta^{(1)}", r"\delta^{(2)}"]
for e, (ax, (gradient, deltas)) in enumerate(zip(axes, backward, strict=True), 1):
    title = f"backward: deltas and derivatives, example {e}"
    plots.draw_network(gradient, deltas, letters, ax, digits=4, title=title, marked=RED)
plots.show(
    figure,
    "The same network with deltas in the circles and derivatives on the lines. In the first "
    "example the deltas of the outputs are 0.1240 and -0.0287, and both lines from x_2 have "
    "derivative zero. In the second they are -0.0133 and 0.0946, and the hidden deltas are 0.0014.",
)
print("              delta of y_1   of y_2   of h_1   of h_2")
for e, (_, (_, delta_1, delta_2)) in enumerate(backward, 1):
    print(f"example {e} {delta_2[0]:15.4f} {delta_2[1]:8.4f} {delta_1[0]:8.4f} {delta_1[1]:8.4f}")

# %% [markdown]
# Read each drawing from right to left. In the first example $y_1$ is too high ($\delta > 0$) and
# $y_2$ is too low ($\delta < 0$). Its $x_2$ is zero, so both lines that start there have derivative
# zero. The hidden $\delta$ of the second example are small because its hidden units are at 0.98,
# where the logistic function is nearly flat.
#
# ## One update of all ten weights
#
# The gradient of $L$ is the mean over the two examples. With learning rate 1, each weight becomes
# $w - \partial L / \partial w$. For the two red weights this is
#
# $$w_{12}^{(2)} := w_{12}^{(2)} - \frac1N \sum_{e=1}^N \delta^{(2)}_{e,2}\, h_{e,1}, \qquad
#   w_{22}^{(1)} := w_{22}^{(1)} - \frac1N \sum_{e=1}^N \delta^{(1)}_{e,2}\, x_{e,2}.$$

# %%
gradient = jax.tree.map(lambda a, b: (a + b) / 2, backward[0][0], backward[1][0])
updated = jax.tree.map(lambda w, g: w - g, params, gradient)
print("weight     line         derivative  updated")
for k, (ends, layer, new) in enumerate(zip(["xh", "hy"], gradient, updated, strict=True)):
    for (j, i), g in np.ndenumerate(layer.weight):
        line = f"{ends[0]}_{i + 1} -> {ends[1]}_{j + 1}"
        red = "   red" if (k, j, i) in RED else ""
        print(f"w_{i + 1}{j + 1}^({k + 1})   {line}   {g:10.5f}   {new.weight[j, i]:.5f}{red}")

# %% [markdown]
# ## Step by step
#
# An update is five steps: the sums $z$ of all units, their values, the $\delta$ from right to left,
# the derivatives of all weights, and the new weights, for which the derivatives of both examples
# are averaged. The next update begins with the new weights. In a running notebook, the cell below
# has sliders for the number of updates and the learning rate, and lists for the step, the example
# and the first weights. Here it shows, for the second example, the first of the steps and the last;
# the others are drawn above. The dots on the right mark the first update of 500.

# %%
STARTS = {"all ones": params, "random": examples.random_network(5)}
UPDATES = [0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500]
STEPS = ["sums", "values", "deltas", "derivatives", "new weights"]


@jax.jit
def descend(start, rate):
    """Return the weights after 0, 1, ..., 500 updates, and their losses."""

    def update(params, _):
        slopes = jax.grad(loss)(params)
        return jax.tree.map(lambda w, g: w - rate * g, params, slopes), (params, loss(params))

    return jax.lax.scan(update, start, length=UPDATES[-1] + 1)[1]


def draw_step(ax, step, example, updates, path):
    """Draw one step of the update that follows after a number of updates."""
    before, after = (jax.tree.map(lambda w, n=n: w[n], path) for n in (updates, updates + 1))
    x, t = X[example - 1], T[example - 1]
    found = gradients.passes(before, x, t, "logistic")
    edges, values, letters, digits = {
        "sums": (before, [x, *found.sums], ["x", "z^{(1)}", "z^{(2)}"], 2),
        "values": (before, found.values, ["x", "h", "y"], 2),
        "deltas": (before, [None, *found.deltas], ["x", r"\delta^{(1)}", r"\delta^{(2)}"], 4),
        "derivatives": (
            found.gradient, [None, *found.deltas], ["x", r"\delta^{(1)}", r"\delta^{(2)}"], 4,
        ),
        "new weights": (after, mlp.values(after, x, "logistic"), ["x", "h", "y"], 3),
    }[step]  # fmt: skip
    plots.draw_network(edges, values, letters, ax, digits=digits, title=step, marked=RED)


def draw_path(axes, updates, path, losses):
    """Draw the loss and both red weights against the number of updates."""
    done = np.arange(len(losses))
    axes[0].plot(done, losses, color=plots.POSITIVE)
    axes[0].plot(updates, losses[updates], "o", color=plots.POSITIVE)
    axes[0].set(title=f"L = {losses[updates]:.4f}", ylim=0)
    for weights, line, name in (
        (path[1].weight[:, 1, 0], "-", "$w_{12}^{(2)}$"),
        (path[0].weight[:, 1, 1], "--", "$w_{22}^{(1)}$"),
    ):
        axes[1].plot(done, weights, line, color=plots.MARKED, label=name)
        axes[1].plot(updates, weights[updates], "o", color=plots.MARKED)
    axes[1].set(xlabel="update", title="the red weights")
    axes[1].legend()
    for ax in axes:
        ax.set_xscale("symlog", linthresh=1)
        ax.set_xlim(0, len(done))
        ax.set_xticks([0, 1, 10, 100], ["0", "1", "10", "100"])
        ax.minorticks_off()


def draw_network(step="values", example=2, updates=0, rate=1, start="all ones"):
    path, losses = descend(STARTS[start], float(rate))
    figure, panels = plt.subplot_mosaic(
        "aab;aac", figsize=(9, 4.4), layout="tight", width_ratios=(1, 1, 1)
    )
    draw_step(panels["a"], step, example, updates, path)
    panels["a"].set_title(f"{step}, example {example}, after {updates} updates")
    draw_path([panels["b"], panels["c"]], updates, path, losses)
    return figure


path, losses = descend(params, 1.0)
figure, panels = plt.subplot_mosaic("aab;ccd", figsize=(9, 7.6), layout="tight")
for name, step in (("a", "sums"), ("c", "new weights")):
    draw_step(panels[name], step, 2, 0, path)
draw_path([panels["b"], panels["d"]], 1, path, losses)
interactive.show(
    draw_network,
    {
        "step": STEPS,
        "example": [1, 2],
        "updates": UPDATES[:-1],
        "rate": [0.1, 0.2, 0.5, 1, 2, 5, 10, 20],
        "start": list(STARTS),
    },
    figure,
    "Left: the network of the exercise for the second example, with sums of 4 in both hidden units "
    "and 1.96 in both outputs; and its weights after the first update, of which the two that are "
    "marked in red are 0.964 and 0.999. Right: the loss falls during 500 updates; w_12 falls from "
    "1 to below -1, and w_22 stays close to 1.",
    {"rate": "learning rate", "start": "first weights"},
)
first = jax.tree.map(lambda w: w[1], path)
assert oracles.difference(first, examples.toy_update(params)).absolute < 1e-12
for done in (0, 1, 10, 100, 500):
    w_12, w_22 = path[1].weight[done, 1, 0], path[0].weight[done, 1, 1]
    print(f"after {done:3} updates: L = {losses[done]:.4f}, ", end="")
    print(f"w_12^(2) = {w_12:.5f}, w_22^(1) = {w_22:.5f}")

# %% [markdown]
# ## Compared with the sheet
#
# **The second layer.** For $w_{12}^{(2)}$ the sheet prints 0.965. Computed without rounding, it is
# 0.96405. The formula of the sheet is right; the difference comes from the values $h$ and $y$,
# which it rounds to two digits before it goes on. From the rounded values the same formula gives
# 0.96514, and thus the printed 0.965.
#
# **The first layer.** For $w_{22}^{(1)}$ the sheet prints 0.99987, which rounding does not explain.
# Only the second example contributes there ($x_2 = 0$ in the first), and the updated weight is
#
# $$1 + \tfrac12\; h (1 - h)\, x_2 \big[ (1 - y)\, y (1 - y) + (0 - y)\, y (1 - y) \big],
#   \qquad h = 0.98, \; y = 0.88, \; x_2 = 1.$$
#
# In place of $y (1 - y) = 0.88\,(1 - 0.88)$ the sheet has $0.88\,(1 - 0.98)$, but 0.98 is the value
# of the hidden unit. With the right factor the weight is 0.99921 from the rounded values, and
# 0.99928 without rounding.
#
# Two further slips in the derivation do not affect the numbers. The inner derivative $-1$ of $(t -
# y)^2$ belongs to the terms of both outputs, not only to one. And $w_{22}^{(1)}$ influences both
# outputs, so the sum over them runs from $l = 1$, not from $l = 2$. The command `jaxtext verify`
# goes through the sheet line by line.

# %%
h, y = [0.73, 0.98], [0.81, 0.88]  # two digits, as on the sheet
w_12 = 1 + ((1 - y[0]) * y[0] * (1 - y[0]) * h[0] + (0 - y[1]) * y[1] * (1 - y[1]) * h[1]) / 2


def w_22(slope):
    """Compute w_22^(1) as the sheet does, with `slope` in place of y (1 - y)."""
    return 1 + h[1] * (1 - h[1]) * ((1 - y[1]) * slope + (0 - y[1]) * slope) / 2


exact = updated[1].weight[1, 0], updated[0].weight[1, 1]
print("                                  w_12^(2)   w_22^(1)")
print("printed on the sheet              0.965      0.99987")
print(f"two digits, with 1 - 0.98         {w_12:.5f}    {w_22(0.88 * (1 - 0.98)):.5f}")
print(f"two digits, with 1 - 0.88         {w_12:.5f}    {w_22(0.88 * (1 - 0.88)):.5f}")
print(f"without rounding                  {exact[0]:.5f}    {exact[1]:.5f}")

# %% [markdown]
# ## Line by line
#
# If a derivation is right, all its lines have the same value, whatever the weights are. So each
# line of the sheet is computed as it is printed, on random weights, beside the derivative by
# `jax.grad`. The first line that is wrong has a red frame, and below each wrong line stands the
# right one. First the derivative of the logistic function and that of the loss with respect to
# $w_{12}^{(2)}$:

# %%
for derive in (derivations.logistic_derivative, derivations.output_weight):
    found = derive(seed=5)
    plots.show(draw_derivation(found), in_words(found))

# %% [markdown]
# The last derivation is that with respect to $w_{22}^{(1)}$. In a running notebook, the cell below
# has a list of the three derivations and a slider for the seed of the weights: the values change,
# but not which lines agree.

# %%
DERIVATIONS = {
    "w_22^(1)": derivations.hidden_weight,
    "w_12^(2)": derivations.output_weight,
    "logistic function": derivations.logistic_derivative,
}


def draw_lines(derivation="w_22^(1)", seed=5):
    return draw_derivation(DERIVATIONS[derivation](seed))


interactive.show(
    draw_lines,
    {"derivation": list(DERIVATIONS), "seed": range(21)},
    draw_lines(),
    in_words(derivations.hidden_weight(seed=5)),
)

# %% [markdown]
# Both derivations begin with the wrong sign, because the printed loss has it, and go on with the
# right one. The second slip of the first, the factor $-1$ in one of two terms, does not show in the
# values: $y_1$ does not depend on $w_{12}^{(2)}$, so that the term is zero.
#
# ## By hand and by machine
#
# `jax.grad` differentiates the program that computes the loss, and needs none of the formulas
# above. `gradients.backpropagate` implements the derivation above for any number of layers. Equal
# weights can hide a wrong index, so we compare the gradients at random weights as well, and there
# also with biases and with ReLU.

# %%
random = [
    mlp.Layer(jax.random.normal(key, shape))
    for key, shape in zip(jax.random.split(jax.random.key(1)), [(2, 3), (2, 2)], strict=True)
]
biased = [layer._replace(bias=jnp.array([0.3, -1.2])) for layer in random]


def by_hand(params, activation):
    each = [gradients.backpropagate(params, x, t, activation) for x, t in zip(X, T, strict=True)]
    return jax.tree.map(lambda a, b: (a + b) / 2, *each)


print("largest difference from jax.grad")
print(f"all ones, as drawn above:   {oracles.difference(gradient, slopes).absolute:.0e}")
for name, start, activation in (
    ("all ones:", params, "logistic"),
    ("random:", random, "logistic"),
    ("random, with biases:", biased, "logistic"),
    ("random, biases, ReLU:", biased, ["relu", "logistic"]),
):
    exact = jax.grad(mlp.batch_loss)(start, X, T, activation)
    off = oracles.difference(by_hand(start, activation), exact).absolute
    print(f"{name:27} {off:.0e}")

# %% [markdown]
# ## A check without any derivation
#
# A derivative is a limit of quotients, and a quotient needs nothing but values of the loss:
#
# $$\frac{\ell(w + \epsilon) - \ell(w - \epsilon)}{2 \epsilon} = \ell'(w) + O(\epsilon^2)$$
#
# With two more values the error falls to $O(\epsilon^4)$. A smaller step is better only up to a
# point. The loss is computed to about 16 digits, and dividing by $\epsilon$ magnifies the rounding
# error, so this part of the error grows like $1 / \epsilon$.

# %%
exact = jax.grad(loss)(random)
steps = 10.0 ** np.arange(-11, 0.1, 0.25)
figure, ax = plt.subplots(figsize=(7, 4.2))
for order, marker, color in ((2, "o", plots.NEGATIVE), (4, "s", plots.POSITIVE)):
    check = jax.jit(lambda step, n=order: oracles.finite_differences(loss, random, step, n))
    errors = [oracles.difference(check(step), exact).relative for step in steps]
    best = int(np.argmin(errors))
    ax.loglog(steps, errors, marker, color=color, markersize=4, label=f"order {order}")
    print(f"order {order}: best step {steps[best]:.0e}, relative error {errors[best]:.0e}")
    line = errors[-5] * (steps / steps[-5]) ** order  # passes through the point at 0.1
    ax.loglog(steps[line > 1e-11], line[line > 1e-11], color="gray", linewidth=0.8)
    ax.text(0.01, 5 * line[-9], rf"$\epsilon^{order}$", ha="right")
ax.loglog(steps[:26], 1e-15 / steps[:26], color="gray", linewidth=0.8)
ax.text(1e-9, 3e-8, r"$1 / \epsilon$")
ax.axvline(oracles.STEP, color="gray", linestyle=":", linewidth=1.2)
ax.set(xlabel=r"step $\epsilon$", ylabel="largest relative error")
ax.set_title("rounding error on the left, truncation error on the right")
ax.legend(loc="lower left")
plots.show(
    figure,
    "Error of finite differences against the step, on logarithmic axes. From the left both orders "
    "fall like one over the step; on the right they rise like the square and the fourth power of "
    "the step. Order 4 has the lower minimum. A dotted line near it marks the step of the checks.",
)

# %% [markdown]
# The dotted line marks the step that the package's own checks use, with order 4. Agreement to
# $10^{-11}$ leaves no room for a wrong formula. Agreement to $10^{-3}$, as at either end of the
# figure, would leave room for one: a check needs a sensible step.
#
# ## Training
#
# Training repeats the update. We start from the equal weights of the exercise, and from ten sets of
# random weights.

# %%
optimizer = optax.sgd(1.0)
batches = [(X, T)] * 500


def batch_loss(params, inputs, targets):
    return mlp.batch_loss(params, inputs, targets, "logistic")


def losses(start):
    state, infos = training.loop.fit(start, batch_loss, batches, optimizer)
    return state.params, [float(info.loss) for info in infos]


figure, ax = plt.subplots(figsize=(7, 3.8))
starts = [mlp.init(key, [3, 2, 2]) for key in jax.random.split(jax.random.key(0), 10)]
curves = np.transpose([losses(start)[1] for start in starts])
label = ["random", *["_"] * 9]  # one entry in the legend
ax.plot(curves, color=plots.POSITIVE, linewidth=0.8, label=label)
trained, curve = losses(params)
ax.plot(curve, color=plots.NEGATIVE, linewidth=4, alpha=0.6, zorder=1, label="all ones")
ax.axhline(1 / 8, color="gray", linestyle=":", linewidth=1.2)
ax.text(500, 0.115, "1/8", ha="right", va="top", color="gray")
ax.set(xlabel="update", ylabel="L")
ax.set_ylim(0)
ax.legend()
plots.show(
    figure,
    "Loss during 500 updates. From equal weights it falls to one eighth and stays there. Of the "
    "ten random starts, most go on falling towards zero, and some stay near one eighth as well.",
)
print(f"{(curves[-1] < 0.05).sum()} of 10 random starts reach a loss below 0.05")
print("rows of the first layer's weights, all ones at the start:")
print(np.round(np.asarray(trained[0].weight), 3))

# %% [markdown]
# Two hidden units that start equal stay equal for ever, because equal weights give equal values,
# equal $\delta$ and equal updates. Such a network acts like one with a single hidden unit $h > 0$.
# Its outputs $\sigma(a h)$ lie on the same side of $\frac12$ for both examples, while the targets
# are 0 and 1. Each output is therefore off by at least $\frac12$ in one of the examples, and $L$
# stays above $\frac18$. This is why training starts from random weights. That helps but guarantees
# nothing: some of the ten runs end near the same $\frac18$.
#
# ## Conclusion
#
# - A unit, a layer and a batch are the same formula: a sum of products, then $f$. A bias is the
#   weight of an input that is always one.
# - Backpropagation needs one number per unit, $\delta$. The derivative with respect to a weight is
#   the $\delta$ at the end of its line times the value at the beginning.
# - After one update, $w_{12}^{(2)}$ is 0.96405 and $w_{22}^{(1)}$ is 0.99928. The sheet's 0.965
#   comes from values rounded to two digits, its 0.99987 from a wrong factor.
# - Formulas derived by hand, automatic differentiation and finite differences agree. Any two of
#   them are a check of the third, at weights that are not all equal.
#
# ## Things to try
#
# - Move the learning rate to 10. Is the error smaller after one update, and after ten? From which
#   rate on does the loss no longer fall with every update?
# - Let the hidden units be ReLU. Their sums are 1 and 4. How does $\delta^{(1)}$ change?
# - Derive the update of $w_{31}^{(1)}$ by hand, and compare it with the table.
# - Give the network biases, with `mlp.init(key, [3, 2, 2], bias=True)`. Training from equal weights
#   and zero biases can then leave $\frac18$ behind. Why, although both hidden units stay equal?
# - Change one sign or index in `by_hand`, and see at which weights the comparison notices it.
