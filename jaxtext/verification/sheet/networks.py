"""Fully connected neural networks."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxtext.models import mlp
from jaxtext.verification import references
from jaxtext.verification.findings import Finding, Section, equal, instead, largest
from jaxtext.verification.oracles import compiled
from jaxtext.verification.sheet import examples

SECTION = Section("networks")
claim = SECTION.claim
_values = compiled(lambda params, x: mlp.values(params, x, "tanh"))
X = np.random.default_rng(1).normal(size=(4, 3))


@claim("context.1", "A network is a composition of functions, non-linear if its activations are")
def composition() -> Finding:
    params = examples.random_network(0, (3, 4, 2))
    x, y = jnp.asarray(X[:2])
    inner = _values(params[:1], x)[-1]
    outer = _values(params[1:], inner)[-1]

    def bend(activation: str) -> float:  # f(x + y) - f(x) - f(y), zero for a linear function
        f = compiled(lambda v: mlp.forward(params, v, activation))
        return largest(f(jnp.asarray(X[0] + X[1])), np.asarray(f(x)) + np.asarray(f(y)))

    if not bend("tanh") > 0.01:
        return Finding("tanh layers act linearly", np.inf)
    return equal(
        "layers one after the other; linear with identity, not with tanh",
        (_values(params, x)[-1], outer),
        (bend("identity"), 0.0),
    )


@claim("context.2", "Units hold values and edges hold weights; units form layers")
def units_and_edges() -> Finding:
    params = examples.random_network(0)
    units = sum(len(v) for v in _values(params, jnp.asarray(X[0])))
    edges = sum(layer.weight.size for layer in params)
    return equal(f"a 3-2-2 network: {units} units, {edges} edges", ([units, edges], [7, 10]))


@claim("a", "n input and m output units, n and m independent of each other")
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
    "Units hold what is computed from other units and edges; edges hold parameters",
    assumptions=("units of the input layer are excepted: they hold the input itself",),
)
def nodes_and_edges() -> Finding:
    params = examples.random_network(0)
    x = jnp.asarray(X[0])
    changed = [layer._replace(weight=jnp.asarray(np.asarray(layer.weight) * 2)) for layer in params]
    before, after = _values(params, x), _values(changed, x)
    moved = [largest(a, b) for a, b in zip(before, after, strict=True)]
    if min(moved[1:]) < 1e-3:
        return Finding("a layer does not depend on its weights", np.inf)
    return equal("twice the weights: all values change but the input's", (moved[0], 0.0))


@claim(
    "c.1",
    "h_i^(k) = f(sum over j from 1 to L^(k-1) of h_j^(k-1) w_ij^(k))",
    sheet="f(sum_j h_j w_ij)",
    assumptions=("no bias", "h^(0) is the input", "w_ij leads to unit i from unit j"),
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
    "h_i^(k) = f(h_(k-1)^T w_k) for every unit i of layer k",
    sheet="f(h^T w_k)",
    correction="f(h_(k-1)^T w_i^(k)): each unit has weights of its own. With one vector w_k a "
    "layer, as printed, all its units would hold the same value.",
)
def vector_form() -> Finding:
    layer = examples.random_network(3)[0]
    x = jnp.asarray(X[1])
    right = _values([layer], x)[-1]
    printed = np.full(2, np.tanh(X[1] @ np.asarray(layer.weight)[0]))
    loop = [np.tanh(references.dot(X[1], row)) for row in np.asarray(layer.weight)]
    shown = (
        f"two units with weights of their own: {_list(right)}; with one vector: {_list(printed)}"
    )
    return instead(shown, right, loop, printed)


def _list(values: jax.Array | np.ndarray) -> str:
    return ", ".join(f"{float(v):.4f}" for v in values)


@claim("d", "Kinds of units differ in their activation: ReLU, tanh, logistic")
def activations() -> Finding:
    z = np.array([-2.0, -0.5, 0.0, 0.5, 2.0])
    every = compiled(lambda z: {name: mlp.resolve(name)(z) for name in mlp.ACTIVATIONS})
    values = jax.tree.map(np.asarray, every(jnp.asarray(z)))
    if min(largest(values["relu"], values[name]) for name in ("tanh", "logistic")) < 0.1:
        return Finding("two activations agree", np.inf)
    power = np.exp(z)
    return equal(
        "max(z, 0); (e^z - e^-z)/(e^z + e^-z); 1/(1 + e^-z)",
        (values["relu"], np.where(z > 0, z, 0)),
        (values["tanh"], (power - 1 / power) / (power + 1 / power)),
        (values["logistic"], power / (1 + power)),
        (values["identity"], z),
        (values["softmax"], power / power.sum()),
    )


@claim("e", "H = f(X W^T) is N x p, W is p x d with the weights of a unit in each row")
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
