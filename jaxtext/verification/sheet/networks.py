"""Fully connected neural networks."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxtext.models import mlp
from jaxtext.verification import references
from jaxtext.verification.findings import Finding, Section, equal, instead, largest, unmet
from jaxtext.verification.oracles import compiled
from jaxtext.verification.sheet import examples

SECTION = Section("networks")
claim = SECTION.claim
_values = compiled(lambda params, x: mlp.values(params, x, "tanh"))
X = np.random.default_rng(1).normal(size=(4, 3))


@claim("context.1", "A network is a composition of functions; it can be non-linear")
def composition() -> Finding:
    params = examples.random_network(0, (3, 4, 2))
    x, y = jnp.asarray(X[:2])
    inner = _values(params[:1], x)[-1]
    outer = _values(params[1:], inner)[-1]

    def bend(activation: str) -> float:  # f(x + y) - f(x) - f(y), zero for a linear function
        f = compiled(lambda v: mlp.forward(params, v, activation))
        return largest(f(jnp.asarray(X[0] + X[1])), np.asarray(f(x)) + np.asarray(f(y)))

    if not bend("tanh") > 0.01:
        return unmet("tanh layers act linearly")
    return equal(
        "layer after layer; linear with the identity as activation, not with tanh",
        (_values(params, x)[-1], outer),
        (bend("identity"), 0.0),
    )


@claim(
    "context.2",
    "Units hold values, edges hold weights; units form an input, an output and hidden layers",
)
def units_and_edges() -> Finding:
    widths = [3, 2, 2]
    params = mlp.init(jax.random.key(0), widths)
    values = _values(params, jnp.asarray(X[0]))
    # Without an activation, the derivative of a unit in one before it is the weight between them.
    slope = compiled(jax.jacobian(lambda h, layer: mlp.values([layer], h, "identity")[-1]))
    edges = [np.asarray(slope(h, layer)) for h, layer in zip(values, params, strict=False)]
    units = [len(v) for v in values]
    count = sum(np.count_nonzero(weights) for weights in edges)
    return equal(
        f"layers of {', '.join(map(str, units))} units: {sum(units)} units and {count} edges",
        (units, widths),
        (count, sum(n * m for n, m in zip(widths, widths[1:], strict=False))),
        *((weights, layer.weight) for weights, layer in zip(edges, params, strict=True)),
    )


@claim("a", "There are n input units and m output units; n and m need not be equal")
def sizes() -> Finding:
    shapes = [(1, 4), (4, 1), (3, 3), (2, 5)]
    outputs = [
        jax.eval_shape(
            lambda p, x: mlp.forward(p, x, "tanh"),
            examples.random_network(0, (n, 3, m)),
            X[0, :1].repeat(n),
        ).shape
        for n, m in shapes
    ]
    return equal(f"n, m = {shapes}", (outputs, [(m,) for _, m in shapes]))


@claim(
    "b",
    "Units hold values computed from other units and from edges; edges hold parameters",
    assumptions=("units of the input layer are an exception: they hold the input itself",),
)
def nodes_and_edges() -> Finding:
    params = examples.random_network(0)
    x = jnp.asarray(X[0])
    changed = [layer._replace(weight=jnp.asarray(np.asarray(layer.weight) * 2)) for layer in params]
    before, after = _values(params, x), _values(changed, x)
    moved = [largest(a, b) for a, b in zip(before, after, strict=True)]
    if min(moved[1:]) < 1e-3:
        return unmet("a layer does not depend on its weights")
    return equal("with all weights doubled, only the input keeps its values", (moved[0], 0.0))


@claim(
    "c.1",
    "`h_i^(k) = f(sum over j = 1..L^(k-1) of h_j^(k-1) w_ij^(k))`",
    sheet="f(sum_j h_j w_ij)",
    assumptions=(
        "units have no bias",
        "`h^(0)` is the input",
        "`w_ij` leads to unit i from unit j",
        "`L^(k-1)` is the size of layer `k - 1`, not a power of L",
    ),
)
def one_unit() -> Finding:
    params = examples.random_network(2, (3, 4, 2))
    x = jnp.asarray(X[0])
    values = _values(params, x)
    unit = compiled(lambda row, h: mlp.unit(row, h, "tanh"))
    by_unit = [
        [unit(row, values[k]) for row in np.asarray(layer.weight)] for k, layer in enumerate(params)
    ]
    by_loop = references.forward(examples.weights_of(params), X[0], ["tanh"] * 2)
    pairs = [(values[k + 1], by_unit[k]) for k in range(2)]
    pairs += [(values[k + 1], by_loop[k + 1]) for k in range(2)]
    return equal("unit by unit = layer = loop", *pairs)


@claim(
    "c.2",
    "`h_i^(k) = f(h_(k-1)^T w_k)` for every unit i of layer k",
    sheet="f(h^T w_k)",
    correction="`f(h_(k-1)^T w_i^(k))`: each unit has its own weights. With a single vector `w_k` "
    "for the whole layer, as printed, all units of the layer would hold the same value.",
)
def vector_form() -> Finding:
    layer = examples.random_network(3)[0]
    x = jnp.asarray(X[1])
    right = _values([layer], x)[-1]
    printed = np.full(2, np.tanh(X[1] @ np.asarray(layer.weight)[0]))
    loop = [np.tanh(references.dot(X[1], row)) for row in np.asarray(layer.weight)]
    shown = (
        f"two units, each with its own weights: {_list(right)}; with one vector: {_list(printed)}"
    )
    return instead(shown, right, loop, printed)


def _list(values: jax.Array | np.ndarray) -> str:
    return ", ".join(f"{float(v):.4f}" for v in values)


@claim("d", "Units differ in their activation function: for example ReLU, tanh or logistic")
def activations() -> Finding:
    z = np.array([-2.0, -0.5, 0.0, 0.5, 2.0])
    every = compiled(lambda z: {name: mlp.resolve(name)(z) for name in mlp.ACTIVATIONS})
    values = jax.tree.map(np.asarray, every(jnp.asarray(z)))
    if min(largest(values["relu"], values[name]) for name in ("tanh", "logistic")) < 0.1:
        return unmet("two activations agree")
    power = np.exp(z)
    return equal(
        "max(z, 0); (e^z - e^-z) / (e^z + e^-z); 1 / (1 + e^-z)",
        (values["relu"], np.where(z > 0, z, 0)),
        (values["tanh"], (power - 1 / power) / (power + 1 / power)),
        (values["logistic"], power / (1 + power)),
        (values["identity"], z),
        (values["softmax"], power / power.sum()),
    )


@claim("e", "`H_1 = f(X W^T)` is N x p, where W is p x d and each row has the weights of one unit")
def matrix_form() -> Finding:
    layer = examples.random_network(4)[0]
    biased = layer._replace(bias=jnp.asarray(X[0, :2]))
    outputs = compiled(lambda layer, x: mlp.layer_outputs(layer, x, "logistic"))
    matrix, with_bias = outputs(layer, jnp.asarray(X)), outputs(biased, jnp.asarray(X))
    forward = jax.vmap(lambda x: mlp.forward([layer], x, "logistic"))
    mapped = compiled(forward)(jnp.asarray(X))
    sums = np.array([[references.dot(x, row) for row in np.asarray(layer.weight)] for x in X])
    loop = examples.logistic(sums)
    return equal(
        "f(X W^T) = unit by unit = vmap; with biases f(X W^T + b)",
        (matrix.shape, (len(X), layer.weight.shape[0])),
        (layer.weight.shape, (2, X.shape[1])),
        (matrix, loop),
        (mapped, loop),
        (with_bias, examples.logistic(sums + X[0, :2])),
    )
