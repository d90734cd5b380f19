import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext.models import mlp


def network(rng, widths, bias=True):
    return [
        mlp.Layer(
            jnp.asarray(rng.normal(size=(o, i))), jnp.asarray(rng.normal(size=o)) if bias else None
        )
        for i, o in zip(widths[:-1], widths[1:], strict=True)
    ]


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity", jnp.sin])
@pytest.mark.parametrize("bias", [False, True])
def test_unit_by_unit_matrix_form_and_forward_agree(rng, activation, bias):
    (layer,) = network(rng, [5, 3], bias)
    inputs = jnp.asarray(rng.normal(size=(4, 5)))
    offsets = jnp.zeros(3) if layer.bias is None else layer.bias
    units = [
        [mlp.unit(w, x, activation, b) for w, b in zip(layer.weight, offsets, strict=True)]
        for x in inputs
    ]
    matrix = mlp.layer_outputs(layer, inputs, activation)
    mapped = jax.vmap(lambda x: mlp.forward([layer], x, activation))(inputs)
    np.testing.assert_allclose(matrix, units, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(mapped, units, rtol=1e-12, atol=1e-14)


def test_forward_uses_one_activation_a_layer(rng):
    params = network(rng, [3, 4, 2])
    x = jnp.asarray(rng.normal(size=3))
    hidden = jnp.maximum(params[0].weight @ x + params[0].bias, 0)
    expected = jax.nn.softmax(params[1].weight @ hidden + params[1].bias)
    np.testing.assert_allclose(mlp.forward(params, x, ["relu", "softmax"]), expected, rtol=1e-12)
    assert mlp.forward(params, x, ["relu", "softmax"]).sum() == pytest.approx(1)


def test_the_sheets_network_gives_the_sheets_values():
    ones = jax.tree.map(jnp.ones_like, mlp.init(jax.random.key(0), [3, 2, 2]))
    for x, h, y in (([-1.0, 0, 2], 0.731059, 0.811856), ([2.0, 1, 1], 0.982014, 0.876968)):
        _, hidden, outputs = mlp.values(ones, jnp.array(x), "logistic")
        np.testing.assert_allclose(hidden, [h, h], atol=1e-6)
        np.testing.assert_allclose(outputs, [y, y], atol=1e-6)


def test_cross_entropy_of_equal_logits_is_ln_of_the_classes_and_stays_finite():
    target = jnp.array([0.0, 1.0, 0.0])
    assert mlp.cross_entropy(jnp.full(3, 7.0), target) == pytest.approx(np.log(3))
    loss, slope = jax.value_and_grad(mlp.cross_entropy)(jnp.array([1e4, -1e4, 0.0]), target)
    assert loss == pytest.approx(2e4)
    np.testing.assert_allclose(slope, [1, -1, 0], atol=1e-12)


def test_batch_loss_is_the_mean_of_half_the_squared_distance(rng):
    params = network(rng, [3, 2])
    inputs, targets = jnp.asarray(rng.normal(size=(5, 3))), jnp.asarray(rng.normal(size=(5, 2)))
    outputs = jax.vmap(lambda x: mlp.forward(params, x, "tanh"))(inputs)
    expected = 0.5 * np.mean(np.sum((np.asarray(outputs) - targets) ** 2, axis=1))
    assert mlp.batch_loss(params, inputs, targets, "tanh") == pytest.approx(expected)


def test_init_has_the_widths_the_bound_of_glorot_and_a_bias_only_if_asked():
    layers = mlp.init(jax.random.key(1), [200, 100, 3], bias=True)
    assert [layer.weight.shape for layer in layers] == [(100, 200), (3, 100)]
    largest = float(jnp.abs(layers[0].weight).max())
    assert 0.9 * (6 / 300) ** 0.5 < largest <= (6 / 300) ** 0.5
    assert not layers[1].bias.any()
    assert mlp.init(jax.random.key(1), [2, 2])[0].bias is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p, x: mlp.init(jax.random.key(0), [3]), "widths"),
        (lambda p, x: mlp.init(jax.random.key(0), [3, 0, 2]), "widths"),
        (lambda p, x: mlp.forward(p, x[:2], "tanh"), "layer 1 takes 3 values and is given 2"),
        (lambda p, x: mlp.forward(p[::-1], jnp.ones(4), "tanh"), "layer 2 takes 3 values"),
        (lambda p, x: mlp.forward(p, jnp.ones((5, 3)), "tanh"), "jax.vmap"),
        (lambda p, x: mlp.forward([], x, "tanh"), "at least one layer"),
        (lambda p, x: mlp.forward(p, x, "swish"), "unknown activation 'swish'.*relu"),
        (lambda p, x: mlp.forward(p, x, ["tanh"]), "activation: found 1 for 2 layers"),
        (lambda p, x: mlp.squared_error(x, x[:2]), "target"),
        (lambda p, x: mlp.cross_entropy(x, jnp.ones(4)), "target"),
        (lambda p, x: mlp.layer_outputs(p[0], jnp.ones((2, 5)), "tanh"), "inputs"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_bad_arguments_are_named(rng, call, message):
    with pytest.raises(ValueError, match=message):
        call(network(rng, [3, 4, 2]), jnp.ones(3))
