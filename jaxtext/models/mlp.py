r"""Fully connected networks (sheet: fully connected neural networks, c and e).

Unit i of layer k takes the values of the layer before it, weights them and applies a function:

$$h_i^{(k)} = f\Big(\sum_j w_{ij}^{(k)} h_j^{(k-1)} + b_i^{(k)}\Big), \qquad h^{(0)} = x$$

The weights of a layer are a matrix with a row for each unit, so that N examples, the rows of X,
pass through a layer as $H = f(X W^\top)$. Everything is written for one example; `jax.vmap` makes
a batch. The networks of the sheet have no bias, and by default neither do those of `init`.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jaxtext.base.checks import check_shape

Function = Callable[[Array], Array]
Activation = str | Function
Loss = Callable[[Array, Array], Array]

ACTIVATIONS: dict[str, Function] = {
    "relu": jax.nn.relu,
    "tanh": jnp.tanh,
    "logistic": jax.nn.sigmoid,
    "identity": lambda z: z,
    "softmax": jax.nn.softmax,
}


class Layer(NamedTuple):
    """The weights of a layer: row i contains the weights that unit i gives to its inputs.

    Entry (i, j) leads to unit i from j, as in the sheet's networks part; its backpropagation part
    has the indices in the opposite order.
    """

    weight: Float[Array, "O I"]
    bias: Float[Array, " O"] | None = None


def init(key: Key[Array, ""], widths: Sequence[int], bias: bool = False) -> list[Layer]:
    r"""Return random layers between the given widths: inputs, hidden layers, outputs.

    Weights are uniform in $\pm\sqrt{6 / (I + O)}$ (Glorot and Bengio 2010, eq. 16), biases zero.
    Raises `ValueError` for fewer than two widths and for a width below one.

    >>> [layer.weight.shape for layer in init(jax.random.key(0), [3, 2, 2])]
    [(2, 3), (2, 2)]
    """
    if len(widths) < 2 or min(widths) < 1:
        raise ValueError(f"widths: found {list(widths)}, give inputs and outputs, each at least 1")
    layers = []
    keys = jax.random.split(key, len(widths) - 1)
    for layer_key, inputs, outputs in zip(keys, widths[:-1], widths[1:], strict=True):
        bound = (6 / (inputs + outputs)) ** 0.5
        weight = jax.random.uniform(layer_key, (outputs, inputs), minval=-bound, maxval=bound)
        layers.append(Layer(weight, jnp.zeros(outputs) if bias else None))
    return layers


def unit(
    weights: Float[Array, " I"],
    inputs: Float[Array, " I"],
    activation: Activation,
    bias: float | Float[Array, ""] = 0.0,
) -> Float[Array, ""]:
    """Return the value of one unit, adding one term after the other: the definition of a layer.

    Softmax, which depends on all units of a layer at once, has no such form.
    """
    total = jnp.asarray(bias, inputs.dtype)
    for weight, value in zip(weights, inputs, strict=True):
        total = total + weight * value
    return resolve(activation)(total)


def layer_outputs(
    layer: Layer, inputs: Float[Array, "B I"], activation: Activation
) -> Float[Array, "B O"]:
    r"""Return the outputs of a layer for a batch: $H = f(X W^\top)$ (sheet: networks, e)."""
    check_shape("inputs", inputs, (len(inputs), layer.weight.shape[1]))
    sums = inputs @ layer.weight.T  # [B, O]
    return resolve(activation)(sums if layer.bias is None else sums + layer.bias[None])


def values(
    params: Sequence[Layer], x: Float[Array, " I"], activation: Activation | Sequence[Activation]
) -> list[Float[Array, " O"]]:
    """Return the values of all layers for one example, from the input to the output."""
    functions = resolve_all(activation, len(params))
    check_widths(params, x)
    layers = [x]
    for layer, function in zip(params, functions, strict=True):
        layers.append(function(preactivation(layer, layers[-1])))
    return layers


def forward(
    params: Sequence[Layer], x: Float[Array, " I"], activation: Activation | Sequence[Activation]
) -> Float[Array, " O"]:
    """Return the outputs for one example; `activation` is one for all layers, or one per layer.

    An activation is a name in `ACTIVATIONS` or any function of a layer's vector. Raises
    `ValueError` for an unknown name, a wrong number of activations and widths that do not fit.

    With all weights one, the sheet's 3-2-2 network (backpropagation, c.ii) gives

    >>> ones = jax.tree.map(jnp.ones_like, init(jax.random.key(0), [3, 2, 2]))
    >>> print(forward(ones, jnp.array([-1.0, 0.0, 2.0]), "logistic").round(2))
    [0.81 0.81]
    """
    return values(params, x, activation)[-1]


def squared_error(outputs: Float[Array, " O"], target: Float[Array, " O"]) -> Float[Array, ""]:
    r"""Return $\frac12 \sum_l (t_l - y_l)^2$ for one example.

    The sheet (backpropagation, c.i) prints it with a minus sign, which would have its minimum at
    infinity; its updates are those of the positive sign.
    """
    check_shape("target", target, outputs.shape)
    return 0.5 * jnp.sum((target - outputs) ** 2)


def cross_entropy(logits: Float[Array, " O"], target: Float[Array, " O"]) -> Float[Array, ""]:
    r"""Return $-\sum_l t_l \ln \mathrm{softmax}(z)_l$ for one example, whose outputs z are logits.

    The softmax belongs to the loss, where it is stable: let the last layer be the identity.

    >>> print(f"{cross_entropy(jnp.zeros(4), jnp.array([0.0, 1.0, 0.0, 0.0])):.4f}")  # ln 4
    1.3863
    """
    check_shape("target", target, logits.shape)
    return -jnp.sum(target * jax.nn.log_softmax(logits))


def example_loss(
    params: Sequence[Layer],
    x: Float[Array, " I"],
    target: Float[Array, " O"],
    activation: Activation | Sequence[Activation],
    loss: Loss = squared_error,
) -> Float[Array, ""]:
    """Return the loss of one example."""
    return loss(forward(params, x, activation), target)


def batch_loss(
    params: Sequence[Layer],
    inputs: Float[Array, "B I"],
    targets: Float[Array, "B O"],
    activation: Activation | Sequence[Activation],
    loss: Loss = squared_error,
) -> Float[Array, ""]:
    """Return the mean of `example_loss` over the batch."""
    losses = jax.vmap(lambda x, target: example_loss(params, x, target, activation, loss))
    return jnp.mean(losses(inputs, targets))  # [B] -> []


def preactivation(layer: Layer, inputs: Float[Array, " I"]) -> Float[Array, " O"]:
    """Return the weighted sums of a layer, before its activation."""
    sums = layer.weight @ inputs
    return sums if layer.bias is None else sums + layer.bias


def resolve(activation: Activation) -> Function:
    """Return the function with this name. Raises `ValueError` for an unknown one."""
    if callable(activation):
        return activation
    if activation not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        raise ValueError(
            f"activation: unknown activation {activation!r}, give one of {known}, or a function"
        )
    return ACTIVATIONS[activation]


def resolve_all(activation: Activation | Sequence[Activation], layers: int) -> list[Function]:
    """Return one function per layer. Raises `ValueError` for a wrong number of them."""
    if isinstance(activation, str) or callable(activation):
        return [resolve(activation)] * layers
    if len(activation) != layers:
        raise ValueError(
            f"activation: found {len(activation)} for {layers} layers, give one, or one per layer"
        )
    return [resolve(each) for each in activation]


def check_widths(params: Sequence[Layer], x: Float[Array, " I"]) -> None:
    """Raise `ValueError` unless every layer fits the one before it."""
    if not params:
        raise ValueError("params: a network needs at least one layer")
    width = (x.shape[0],) if x.ndim == 1 else x.shape
    for number, layer in enumerate(params, 1):
        outputs, inputs = layer.weight.shape
        if width != (inputs,):
            given = f"{width[0]} values" if len(width) == 1 else f"shape {list(width)}"
            raise ValueError(
                f"layer {number} takes {inputs} values and is given {given}"
                + ("" if len(width) == 1 else ": use jax.vmap for a batch")
            )
        if layer.bias is not None:
            check_shape(f"bias of layer {number}", layer.bias, (outputs,))
        width = (outputs,)
