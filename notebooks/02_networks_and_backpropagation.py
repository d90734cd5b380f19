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
# Mannheim, FSS 2025), which we call *the sheet*.

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax

from jaxtext import mlp, plots, training
from jaxtext.verification import gradients, oracles

jax.config.update("jax_enable_x64", True)

# %% [markdown]
# ## Units and layers
#
# Unit $i$ of a layer multiplies each value of the previous layer by a weight, adds up the products
# and applies a function $f$, here the logistic function $\sigma(z) = 1 / (1 + e^{-z})$:
#
# $$h_i = f\Big(\sum_j w_{ij}\, x_j\Big)$$
#
# In the drawing, circles contain values and lines carry weights. Row $i$ of $W$ contains the
# weights of the lines that end in unit $i$.

# %%
W = jnp.array([[0.5, -1.0, 2.0], [1.5, 0.0, -0.5]])
x = jnp.array([1.0, 2.0, 0.5])
h = [mlp.unit(row, x, "logistic") for row in W]  # one unit at a time, one term at a time
for i, row in enumerate(W):
    terms = " + ".join(f"({w:g})({value:g})" for w, value in zip(row, x, strict=True))
    print(f"h_{i + 1} = f({terms}) = f({row @ x:g}) = {h[i]:.4f}")
plots.draw_network([mlp.Layer(W)], [x, np.array(h)], ["x", "h"])
plt.show()

# %% [markdown]
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

figure, axes = plt.subplots(1, 3, figsize=(7.5, 2.2), width_ratios=(3, 2, 2), layout="tight")
examples = [f"example {n}" for n in range(1, 5)]
plots.draw_table(X, examples, ["$x_1$", "$x_2$", "$x_3$"], axes[0], title="$X$")
plots.draw_table(W.T, ["$x_1$", "$x_2$", "$x_3$"], ["$h_1$", "$h_2$"], axes[1], title=r"$W^\top$")
plots.draw_table(H, None, ["$h_1$", "$h_2$"], axes[2], title=r"$H = f(X W^\top)$")
plt.show()

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

# %%
X = jnp.array([[-1.0, 0.0, 2.0], [2.0, 1.0, 1.0]])
T = jnp.array([[0.0, 1.0], [1.0, 0.0]])
params = [mlp.Layer(jnp.ones((2, 3))), mlp.Layer(jnp.ones((2, 2)))]
passes = [mlp.values(params, x, "logistic") for x in X]  # x, h and y of each example

figure, axes = plt.subplots(1, 2, figsize=(11, 3), layout="tight")
for ax, values, t in zip(axes, passes, T, strict=True):
    title = f"forward: values; the target is ({t[0]:g}, {t[1]:g})"
    plots.draw_network(params, values, ["x", "h", "y"], ax, title=title)

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
# be the derivative of one example's loss with respect to it. A weight influences the loss only
# through the sum of its unit, so
#
# $$\frac{\partial \ell}{\partial w_{ij}} = \delta_i \times
#   \text{the value at which the line starts}.$$
#
# Because $\sigma' = \sigma (1 - \sigma)$, the outputs have
#
# $$\delta^{(2)}_l = (y_l - t_l)\, y_l (1 - y_l),$$
#
# and a hidden unit collects the $\delta$ of all units to which its lines lead:
#
# $$\delta^{(1)}_i = h_i (1 - h_i) \sum_l \delta^{(2)}_l w^{(2)}_{li}.$$
#
# (The $\delta$ of the sheet has the opposite sign.) In the next drawing, the circles contain
# $\delta$ and the lines carry the derivatives with respect to their weights.

# %%
backward = []
for (x, h, y), t in zip(passes, T, strict=True):
    delta_2 = (y - t) * y * (1 - y)
    delta_1 = h * (1 - h) * (params[1].weight.T @ delta_2)
    gradient = [mlp.Layer(jnp.outer(delta_1, x)), mlp.Layer(jnp.outer(delta_2, h))]
    backward.append((gradient, [None, delta_1, delta_2]))

figure, axes = plt.subplots(1, 2, figsize=(11, 3), layout="tight")
letters = ["x", r"\delta^{(1)}", r"\delta^{(2)}"]
for e, (ax, (gradient, deltas)) in enumerate(zip(axes, backward, strict=True), 1):
    title = f"backward: deltas and derivatives, example {e}"
    plots.draw_network(gradient, deltas, letters, ax, digits=4, title=title)

# %% [markdown]
# Read each drawing from right to left. In the first example $y_1$ is too high ($\delta > 0$) and
# $y_2$ is too low ($\delta < 0$). Its $x_2$ is zero, so both lines that start there have derivative
# zero. The hidden $\delta$ of the second example are small because its hidden units are at 0.98,
# where the logistic function is nearly flat.
#
# ## One update of all ten weights
#
# The gradient of $L$ is the mean over the two examples. With learning rate 1, each weight becomes
# $w - \partial L / \partial w$. Note that the sheet's $w_{ij}$ belongs to the line from unit $i$ to
# unit $j$, which is the reverse of the order above. The table follows the sheet.

# %%
gradient = jax.tree.map(lambda a, b: (a + b) / 2, backward[0][0], backward[1][0])
updated = jax.tree.map(lambda w, g: w - g, params, gradient)
print("weight     line         derivative  updated")
for k, (ends, layer, new) in enumerate(zip(["xh", "hy"], gradient, updated, strict=True), 1):
    for (j, i), g in np.ndenumerate(layer.weight):
        line = f"{ends[0]}_{i + 1} -> {ends[1]}_{j + 1}"
        print(f"w_{i + 1}{j + 1}^({k})   {line}   {g:10.6f}   {new.weight[j, i]:.6f}")

# %%
figure, axes = plt.subplots(1, 2, figsize=(11, 3), layout="tight")
for ax, x, t in zip(axes, X, T, strict=True):
    title = f"after the update; the target is ({t[0]:g}, {t[1]:g})"
    plots.draw_network(
        updated, mlp.values(updated, x, "logistic"), ["x", "h", "y"], ax, digits=3, title=title
    )

# %% [markdown]
# ## Compared with the sheet
#
# The sheet works out two of the ten weights. For $w_{12}^{(2)}$ it gets 0.965, which is right,
# given that it rounds intermediate values to two digits. For $w_{22}^{(1)}$ it gets 0.99987, which
# rounding does not explain. Only the second example contributes there ($x_2 = 0$ in the first), and
# the updated weight is
#
# $$1 + \tfrac12\; h (1 - h)\, x_2 \big[ (1 - y)\, y (1 - y) + (0 - y)\, y (1 - y) \big],
#   \qquad h = 0.98, \; y = 0.88, \; x_2 = 1.$$
#
# In place of $y (1 - y) = 0.88\,(1 - 0.88)$ the sheet has $0.88\,(1 - 0.98)$, but 0.98 is the value
# of the hidden unit.
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


print("                                  w_12^(2)   w_22^(1)")
print("printed on the sheet              0.965      0.99987")
print(f"two digits, with 1 - 0.98         {w_12:.6f}   {w_22(0.88 * (1 - 0.98)):.6f}")
print(f"two digits, with 1 - 0.88         {w_12:.6f}   {w_22(0.88 * (1 - 0.88)):.6f}")
print(
    f"exact                             {updated[1].weight[1, 0]:.6f}   "
    f"{updated[0].weight[1, 1]:.6f}"
)

# %% [markdown]
# ## By hand and by machine
#
# `jax.grad` differentiates the program that computes the loss, and needs none of the formulas
# above. `gradients.backpropagate` implements the derivation above for any number of layers. Equal
# weights can hide a wrong index, so we compare the gradients at random weights as well.

# %%
random = [
    mlp.Layer(jax.random.normal(key, shape))
    for key, shape in zip(jax.random.split(jax.random.key(1)), [(2, 3), (2, 2)], strict=True)
]


def by_hand(params):
    each = [gradients.backpropagate(params, x, t, "logistic") for x, t in zip(X, T, strict=True)]
    return jax.tree.map(lambda a, b: (a + b) / 2, *each)


print("largest difference from jax.grad")
print(f"all ones, as drawn above:    {oracles.difference(gradient, slopes).absolute:.0e}")
print(f"all ones, backpropagate:     {oracles.difference(by_hand(params), slopes).absolute:.0e}")
exact = jax.grad(loss)(random)
print(f"random, backpropagate:       {oracles.difference(by_hand(random), exact).absolute:.0e}")

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
steps = 10.0 ** np.arange(-11, 0.1, 0.25)
plt.figure(figsize=(6, 3.8))
for order, marker, color in ((2, "o", plots.NEGATIVE), (4, "s", plots.POSITIVE)):
    check = jax.jit(lambda step, n=order: oracles.finite_differences(loss, random, step, n))
    errors = [oracles.difference(check(step), exact).relative for step in steps]
    best = int(np.argmin(errors))
    plt.loglog(steps, errors, marker, color=color, markersize=3.5, label=f"order {order}")
    print(f"order {order}: best step {steps[best]:.0e}, relative error {errors[best]:.0e}")
    line = errors[-5] * (steps / steps[-5]) ** order  # passes through the point at 0.1
    plt.loglog(steps[line > 1e-11], line[line > 1e-11], color="gray", linewidth=0.8)
    plt.text(0.01, 5 * line[-9], rf"$\epsilon^{order}$", ha="right")
plt.loglog(steps[:26], 1e-15 / steps[:26], color="gray", linewidth=0.8)
plt.text(1e-9, 3e-8, r"$1 / \epsilon$")
plt.axvline(oracles.STEP, color="gray", linestyle=":", linewidth=0.8)
plt.xlabel(r"step $\epsilon$")
plt.ylabel("largest relative error")
plt.title("rounding error on the left, truncation error on the right", fontsize=10)
plt.legend(loc="lower left")
plt.show()

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


plt.figure(figsize=(6, 3.2))
starts = [mlp.init(key, [3, 2, 2]) for key in jax.random.split(jax.random.key(0), 10)]
curves = np.transpose([losses(start)[1] for start in starts])
label = ["random", *["_"] * 9]  # one entry in the legend
plt.plot(curves, color=plots.POSITIVE, linewidth=0.8, label=label)
trained, curve = losses(params)
plt.plot(curve, color=plots.NEGATIVE, linewidth=4, alpha=0.6, zorder=1, label="all ones")
plt.axhline(1 / 8, color="gray", linestyle=":", linewidth=0.8)
plt.text(500, 0.115, "1/8", ha="right", va="top", color="gray")
plt.xlabel("update")
plt.ylabel("L")
plt.ylim(0)
plt.legend()
plt.show()
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
