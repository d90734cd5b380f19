"""Every gradient derived by hand, and what the oracles say when it is broken on purpose."""

import inspect
import sys
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext.base.compiled import options
from jaxtext.models import mlp, sgns, skipgram
from jaxtext.training import accelerators, exact, stream
from jaxtext.training.stream import block
from jaxtext.verification import gradients, oracles, suites


def suite_of(name):
    return next(suite for suite in suites.suites() if suite.name == name)


def test_every_gradient_by_hand_passes_three_oracles(certificate):
    found = {check.id: check.status for check in certificate if check.id.startswith("gradients.")}
    names = [suite.name for suite in suites.suites()]
    expected = {
        f"gradients.{name}.{oracle}": "holds" for name in names for oracle in oracles.BOUNDS
    }
    assert found == expected
    assert {"stream", "sampled-pair", "corpus", "scores", "softmax-pair"} <= set(names)


def test_the_cases_are_those_where_gradients_go_wrong():
    sampled = {case.name for case in suite_of("sampled-pair").cases}
    assert {"repeated", "one is the context", "one word", "scores of 1000"} <= sampled
    for name in ("softmax-pair", "sampled-pair", "corpus", "stream"):
        suite = suite_of(name)
        assert any(case.rate for case in suite.cases)  # compared at a trained point, too
        assert any(len(case.params.center) == 1 for case in suite.cases)
        largest = max(
            float(jnp.abs(c.params.center @ c.params.context.T).max()) for c in suite.cases
        )
        assert largest == pytest.approx(1000)


class Mutation(NamedTuple):
    """A line of a gradient, replaced; `mapping` where a dictionary holds the function."""

    suite: str
    kind: str
    function: object
    old: str
    new: str


BACK, PAIR, DRAWN = (
    gradients.passes, gradients.softmax_pair_gradient, gradients.sampled_pair_gradient,
)  # fmt: skip
SCORE, BOTH, BLOCK = gradients.score_gradient, gradients.expected_gradient, stream.block_gradient
EXACT = exact.block_gradient
NET = "network.tanh.squared-error"
MUTATIONS = [
    Mutation(NET, "sign", BACK, "= pullbacks[functions[k]](z", "= -pullbacks[functions[k]](z"),
    Mutation(NET, "sign of the loss", gradients.squared_error_gradient, "outputs - target",
             "target - outputs"),
    Mutation(NET, "missing factor", BACK, "jnp.outer(delta, h[k])",
             "jnp.outer(delta, h[k] * 0 + 1)"),
    Mutation(NET, "missing term", BACK, "else delta", "else delta * 0"),
    Mutation(NET, "wrong transpose", BACK, "jnp.outer(delta, h[k])",
             "jnp.outer(h[k], delta).reshape(params[k].weight.shape)"),
    Mutation(NET, "mean instead of sum", BACK, ".T @ delta", ".T @ delta / len(delta)"),
    Mutation(NET, "wrong layer's values", BACK, "(z[k], h[k + 1], d)", "(z[k], z[k], d)"),
    Mutation("network.tanh.cross-entropy", "missing factor", gradients.cross_entropy_gradient,
             "* jnp.sum(target)", ""),
    Mutation("network.tanh.cross-entropy", "missing term", gradients.cross_entropy_gradient,
             " - target", ""),
    Mutation("softmax-pair", "sign", PAIR, "add(-1.0)", "add(1.0)"),
    Mutation("softmax-pair", "missing term", PAIR, ".at[context].add(-1.0)", ""),
    Mutation("softmax-pair", "assign instead of add", PAIR, "at[context].add(-1.0)",
             "at[context].set(-1.0)"),
    Mutation("softmax-pair", "wrong transpose", PAIR, "jnp.outer(g, w)",
             "jnp.outer(w, g).reshape(params.context.shape)"),
    Mutation("softmax-pair", "mean instead of sum", PAIR, "g @ params.context",
             "g @ params.context / len(g)"),
    Mutation("sampled-pair", "sign", DRAWN, "sigmoid(w @ c) - 1", "sigmoid(w @ c) + 1"),
    Mutation("sampled-pair", "missing factor", DRAWN, "weight * jax", "jax"),
    Mutation("sampled-pair", "missing term", DRAWN, "g * c + h @ n", "g * c"),
    Mutation("sampled-pair", "wrong transpose", DRAWN, "jnp.outer(h, w)",
             "jnp.outer(w, h).reshape(n.shape)"),
    Mutation("sampled-pair", "assign instead of add", DRAWN, "at[negatives].add",
             "at[negatives].set"),
    Mutation("sampled-pair", "mean instead of sum", DRAWN, "h @ n", "h @ n / len(h)"),
    Mutation("scores", "sign", SCORE, "- seen *", "+ seen *"),
    Mutation("scores", "missing factor", SCORE, "negatives * jnp", "jnp"),
    Mutation("scores", "missing term", SCORE, " - seen * jax.nn.sigmoid(-scores)", ""),
    Mutation("scores", "wrong transpose", SCORE, "seen.sum(1)", "seen.sum(0)"),
    Mutation("scores", "mean instead of sum", SCORE, "seen.sum(1)", "seen.mean(1)"),
    Mutation("corpus", "sign", BOTH, "g.T @ params.center", "-g.T @ params.center"),
    Mutation("corpus", "missing factor", BOTH, "g @ params.context",
             "jnp.sign(g) @ params.context"),
    Mutation("corpus", "missing term", BOTH, "g.T @ params.center",
             "g.T.at[0].set(0.0) @ params.center"),
    Mutation("corpus", "wrong transpose", BOTH, "g.T @ params.center", "g @ params.center"),
    Mutation("corpus", "mean instead of sum", BOTH, "EmbeddingParams(g @",
             "EmbeddingParams(g / len(g) @"),
    Mutation("exact", "sign", EXACT, "columns.T, counts", "columns.T, -counts"),
    Mutation("exact", "missing factor", EXACT, "weight[:, None] * other", "other"),
    Mutation("exact", "missing term", EXACT, "counts, weight[", "counts, 0 * weight["),
    Mutation("exact", "wrong transpose", EXACT, "g.T @ rows", "g @ rows"),
    Mutation("exact", "mean instead of sum", EXACT, "g.T @ rows", "g.T @ rows / len(rows)"),
    Mutation("stream", "sign", BLOCK, "(w, c)) - 1)", "(w, c)) + 1)"),
    Mutation("stream", "missing factor", BLOCK, "scale * negatives / len(n)", "scale / len(n)"),
    Mutation("stream", "missing term", BLOCK, "d_center = d_center + d_shared", "pass"),
    Mutation("stream", "wrong transpose", BLOCK, "h_t @ w",
             "h.reshape(h.shape[::-1]) @ w"),
    Mutation("stream", "assign instead of add", accelerators.added, "].add(rows)", "].set(rows)"),
    Mutation("stream", "mean instead of sum", BLOCK, "mask.sum(1, keepdims=True)",
             "mask.mean(1, keepdims=True)"),
    Mutation("stream", "window too wide", block._window_mask, ">= np.abs(offsets)",
             ">= np.abs(offsets) - 1"),
    Mutation("stream", "sides swapped", block._window_gradients,
             "c[window + o : window + o + size] for i", "c[window - o : window - o + size] for i"),
]  # fmt: skip
PULLBACKS = {
    "relu": lambda z, h, d: d,
    "tanh": lambda z, h, d: (1 - h) * d,
    "logistic": lambda z, h, d: h * d,
    "identity": lambda z, h, d: 2 * d,
    "softmax": lambda z, h, d: h * (1 - h) * d,
}


def broken(mutation):
    """The function with one line replaced, compiled among its module's own names."""
    source = inspect.getsource(mutation.function)
    assert source.count(mutation.old) >= 1, f"{mutation.old!r} is not in the source"
    names = dict(vars(sys.modules[mutation.function.__module__]))
    exec(source.replace(mutation.old, mutation.new), names)
    return names[mutation.function.__name__]


def holders(function):
    """The modules of the package in which a function can be called by its name."""
    modules = [module for name, module in sys.modules.items() if name.startswith("jaxtext.")]
    return [each for each in modules if vars(each).get(function.__name__) is function]


def caught(suite):
    """The oracles that a gradient fails; one that does not even run fails all."""
    try:
        worst = oracles.measure(suite)
    except (TypeError, ValueError) as error:
        return [f"{type(error).__name__}"]
    return [name for name, bound in oracles.BOUNDS.items() if not worst[name].relative <= bound]


@pytest.mark.slow
def test_every_gradient_broken_on_purpose_fails_its_check(monkeypatch, capsys):
    rows = []
    for mutation in MUTATIONS:
        with monkeypatch.context() as patch:
            for module in holders(mutation.function):
                patch.setattr(module, mutation.function.__name__, broken(mutation))
            for loss, slope in list(gradients.LOSS_GRADIENTS.items()):
                if slope is mutation.function:
                    patch.setitem(gradients.LOSS_GRADIENTS, loss, broken(mutation))
            name = f"{mutation.suite}: {mutation.function.__name__}"
            rows.append((name, mutation.kind, caught(suite_of(mutation.suite))))
    for activation, pullback in PULLBACKS.items():
        with monkeypatch.context() as patch:
            patch.setitem(gradients.PULLBACKS, mlp.ACTIVATIONS[activation], pullback)
            suite = suite_of(f"network.{activation}.squared-error")
            rows.append((f"{suite.name}: PULLBACKS", "missing factor", caught(suite)))
    with capsys.disabled():
        print(f"\n\n{'gradient':58} {'mutation':22} caught by")
        for name, kind, found in rows:
            print(f"{name:58} {kind:22} {', '.join(found) or 'NOTHING'}")
    missed = [row[:2] for row in rows if not row[2]]
    assert not missed
    kinds = {"sign", "missing factor", "missing term", "wrong transpose", "mean instead of sum"}
    for suite in ("network.tanh.squared-error", "softmax-pair", "sampled-pair", "scores", "corpus",
                  "exact", "stream"):  # fmt: skip
        found = {m.kind for m in MUTATIONS if m.suite == suite}
        assert kinds - found <= {"missing factor"}, (suite, kinds - found)


def test_difference_finds_the_coordinate_and_calls_nan_infinite():
    expected = {"a": jnp.array([1.0, 2.0]), "b": jnp.array([[3.0, 4.0]])}
    found = {"a": jnp.array([1.0, 2.0]), "b": jnp.array([[3.0, 5.0]])}
    worst = oracles.difference(found, expected)
    assert worst == (0.25, 1.0, "['b'][0, 1]")
    found["a"] = jnp.array([jnp.nan, 2.0])
    assert oracles.difference(found, expected).relative == np.inf
    with pytest.raises(ValueError, match="structure"):
        oracles.difference([1.0], expected)
    with pytest.raises(ValueError, match="shapes"):
        oracles.difference({"a": jnp.ones(1), "b": jnp.ones((1, 2))}, expected)


@pytest.mark.parametrize(("order", "exact_degree"), [(2, 2), (4, 4)])
def test_finite_differences_are_exact_for_polynomials_up_to_their_order(order, exact_degree):
    point = {"x": jnp.array([0.5, -2.0])}
    for degree in range(1, exact_degree + 2):
        found = oracles.finite_differences(
            lambda p, n=degree: jnp.sum(p["x"] ** n), point, step=0.1, order=order
        )["x"]
        error = float(jnp.abs(found - degree * point["x"] ** (degree - 1)).max())
        assert (error < 1e-10) == (degree <= exact_degree), (degree, error)


def test_finite_differences_of_another_order_are_refused():
    with pytest.raises(ValueError, match="order: found 3"):
        oracles.finite_differences(jnp.sum, jnp.ones(2), order=3)


@pytest.mark.parametrize("bias", [False, True])
def test_backpropagation_of_any_depth_returns_the_tree_of_autodiff(rng, bias):
    params = mlp.init(jax.random.key(0), [3, 5, 4, 4, 2, 2], bias)
    x, target = jnp.asarray(rng.normal(size=3)), jnp.array([1.0, 0.0])
    activation = ["relu", "tanh", "logistic", "softmax", "identity"]
    for loss in (mlp.squared_error, mlp.cross_entropy):
        found = jax.jit(lambda p, f=loss: gradients.backpropagate(p, x, target, activation, f))
        expected = jax.grad(lambda p, f=loss: mlp.example_loss(p, x, target, activation, f))
        assert oracles.difference(found(params), expected(params)).relative < 1e-10


def test_both_passes_are_those_of_the_network_and_deltas_are_slopes_of_the_sums(rng):
    params = mlp.init(jax.random.key(0), [3, 5, 4, 2])
    x, target = jnp.asarray(rng.normal(size=3)), jnp.array([1.0, 0.0])
    activation = ["relu", "tanh", "logistic"]
    found = gradients.passes(params, x, target, activation)
    values = mlp.values(params, x, activation)
    sums = [mlp.preactivation(each, h) for each, h in zip(params, values[:-1], strict=True)]
    # A bias is a part of its unit's sum, so that the loss has the same slope in both.
    biased = [layer._replace(bias=jnp.zeros(len(layer.weight))) for layer in params]
    slopes = jax.grad(mlp.example_loss)(biased, x, target, activation)
    expected = (values, sums, [layer.bias for layer in slopes])
    for ours, theirs in zip(found[:3], expected, strict=True):
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-12), ours, theirs)
    by_hand = gradients.backpropagate(params, x, target, activation)
    jax.tree.map(np.testing.assert_array_equal, found.gradient, by_hand)


@pytest.mark.usefixtures("unchecked")
def test_bad_arguments_are_named():
    params, x, target = mlp.init(jax.random.key(0), [2, 2]), jnp.ones(2), jnp.ones(2)
    with pytest.raises(ValueError, match="no derivative of .*sin"):
        gradients.backpropagate(params, x, target, jnp.sin)
    with pytest.raises(ValueError, match="no derivative of"):
        gradients.backpropagate(params, x, target, "tanh", lambda y, t: jnp.sum(y))
    with pytest.raises(ValueError, match="unknown activation"):
        gradients.backpropagate(params, x, target, "gelu")


def test_pair_gradients_sum_to_those_of_a_batch(random_params):
    centers, contexts = jnp.array([0, 1, 0]), jnp.array([2, 2, 0])
    negatives = jnp.array([[1, 1], [2, 0], [5, 6]])
    each = [
        gradients.sampled_pair_gradient(random_params, w, c, n)
        for w, c, n in zip(centers, contexts, negatives, strict=True)
    ]
    mean = jax.tree.map(lambda *parts: sum(parts) / 3, *each)
    expected = jax.grad(sgns.batch_loss)(random_params, centers, contexts, negatives)
    assert oracles.difference(mean, expected).relative < 1e-10
    each = [
        gradients.softmax_pair_gradient(random_params, w, c)
        for w, c in zip(centers, contexts, strict=True)
    ]
    mean = jax.tree.map(lambda *parts: sum(parts) / 3, *each)
    expected = jax.grad(skipgram.batch_loss)(random_params, centers, contexts)
    assert oracles.difference(mean, expected).relative < 1e-10


def test_an_option_that_the_compiler_does_not_have_is_left_out(monkeypatch):
    monkeypatch.setitem(oracles.QUICK, "xla_cpu_no_such_option", True)
    assert "xla_cpu_no_such_option" not in options(oracles.QUICK) != {}
    assert oracles.compiled(lambda x, n: x + n, static_argnums=1)(1, 2) == 3
