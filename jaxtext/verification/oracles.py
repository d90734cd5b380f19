"""Three oracles for a gradient derived by hand: autodiff, finite differences, a loop in NumPy.

A `Suite` is one gradient with its loss, its loop and the cases at which they are compared,
coordinate by coordinate and in float64. Cases with a rate are compared twice: at their parameters,
and after some steps of descent from there.
"""

from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from jaxtext.base.compiled import options as known_options

BOUNDS = {"autodiff": 1e-10, "finite-differences": 1e-6, "loop": 1e-10}
# Errors of coordinates below this part of the case's largest one are relative to this part: such
# coordinates are sums that cancel, or have vanished in training.
FLOOR = 1e-3
STEP = 1e-3  # truncation and rounding of the fourth-order difference are about equal here
TRAINING_STEPS = 20
# Checks mostly wait for the compiler, which is three times as fast with these options.
QUICK = {"xla_backend_optimization_level": 0, "xla_cpu_use_fusion_emitters": False}


def compiled(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """Return `jax.jit(function, **options)` for checks, which is compiled with little effort."""
    made = cache(lambda: jax.jit(function, compiler_options=known_options(QUICK), **options))
    return wraps(function)(lambda *args, **named: made()(*args, **named))


class Case(NamedTuple):
    """A point at which gradients are compared: parameters and the other arguments of the loss."""

    name: str
    params: Any
    args: tuple
    rate: float = 0.0  # of the descent to a second, trained point; 0 for no such point


class Suite(NamedTuple):
    """One gradient and everything that it is compared with."""

    name: str
    statement: str
    loss: Callable[..., Float[Array, ""]]
    by_hand: Callable[..., Any]
    by_loop: Callable[..., Any]
    cases: Sequence[Case]


class Difference(NamedTuple):
    """How far apart two gradients are, at the coordinate where they differ most."""

    relative: float
    absolute: float
    place: str


def finite_differences(
    loss: Callable[[Any], Float[Array, ""]],
    params: Any,
    step: float | Float[Array, ""] = STEP,
    order: int = 4,
) -> Any:
    r"""Return central differences of a loss in each coordinate, as a tree like `params`.

    They are of second order, $(\ell(x + h) - \ell(x - h)) / 2h$, or of fourth,
    $(8\ell(x + h) - 8\ell(x - h) - \ell(x + 2h) + \ell(x - 2h)) / 12h$; h grows with |x|.
    Raises `ValueError` for any other order.

    >>> print(f"{finite_differences(lambda x: x**3, jnp.array(2.0), step=1 / 16):.4f}")
    12.0000
    """
    weights = {2: {1: 0.5}, 4: {1: 2 / 3, 2: -1 / 12}}
    if order not in weights:
        raise ValueError(f"order: found {order}, must be 2 or 4")
    flat, unravel = ravel_pytree(params)
    steps = step * jnp.maximum(1.0, jnp.abs(flat))  # [P]
    moves = jnp.diag(steps)  # [P, P]

    away = [n * sign for n in weights[order] for sign in (1, -1)]
    moved = flat[None, None] + jnp.stack([n * moves for n in away])  # [2 or 4, P, P]
    losses = jax.vmap(jax.vmap(lambda point: loss(unravel(point))))(moved)  # [2 or 4, P]
    signed = jnp.array([np.sign(n) * weights[order][abs(n)] for n in away], losses.dtype)
    return unravel(signed @ losses / steps)


def difference(by_hand: Any, expected: Any, largest: float | None = None) -> Difference:
    """Return the largest difference of two trees, relative to the coordinate and absolute.

    `FLOOR` refers to `largest`, by default the largest entry of `expected`. Raises `ValueError` if
    the trees differ in structure or shapes.
    """
    if jax.tree.structure(by_hand) != jax.tree.structure(expected):
        raise ValueError("the two gradients are trees of different structure")
    paths = [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(by_hand)]
    pairs = [
        (np.asarray(a, np.float64), np.asarray(b, np.float64))
        for a, b in zip(jax.tree.leaves(by_hand), jax.tree.leaves(expected), strict=True)
    ]
    floor = FLOOR * (size(expected) if largest is None else largest)
    worst = Difference(0.0, 0.0, "")
    for path, (a, b) in zip(paths, pairs, strict=True):
        if a.shape != b.shape:
            raise ValueError(f"gradient{path}: shapes {a.shape} and {b.shape} differ")
        absolute = np.abs(a - b)
        # Two gradients that vanish everywhere would give 0/0; a NaN counts as infinitely far off.
        scale = np.maximum(np.abs(b), floor)
        relative = absolute / np.where(scale > 0, scale, 1.0)
        relative, absolute = (np.where(np.isnan(x), np.inf, x) for x in (relative, absolute))
        at = np.unravel_index(np.argmax(relative), relative.shape)
        if relative[at] > worst.relative:
            place = f"{path}{[int(i) for i in at]}"
            worst = Difference(float(relative[at]), float(absolute.max()), place)
    return worst


def size(tree: Any) -> float:
    """Return the largest absolute entry of a tree of arrays."""
    return max((float(np.abs(leaf).max()) for leaf in jax.tree.leaves(tree)), default=0.0)


def measure(suite: Suite) -> dict[str, Difference]:
    """Return the worst difference over all cases, for each oracle of `BOUNDS`."""

    @compiled
    def gradients(params: Any, args: tuple) -> tuple[Any, Any, Any]:
        return (
            suite.by_hand(params, *args),
            jax.grad(suite.loss)(params, *args),
            finite_differences(lambda p: suite.loss(p, *args), params),
        )

    worst = dict.fromkeys(BOUNDS, Difference(0.0, 0.0, ""))
    for case in suite.cases:
        largest = size(gradients(case.params, case.args)[1])
        for name, params in _points(case, lambda p, c=case: gradients(p, c.args)[1]):
            by_hand, by_autodiff, by_differences = gradients(params, case.args)
            by_loop = suite.by_loop(*jax.tree.map(np.asarray, (params, *case.args)))
            by_loop = jax.tree.unflatten(jax.tree.structure(by_hand), jax.tree.leaves(by_loop))
            oracles = (by_autodiff, by_differences, by_loop)
            for oracle, expected in zip(BOUNDS, oracles, strict=True):
                now = difference(by_hand, expected, largest)
                if now.relative > worst[oracle].relative:
                    worst[oracle] = now._replace(place=f"{name} {now.place}")
    return worst


def _points(case: Case, gradient: Callable[[Any], Any]) -> list[tuple[str, Any]]:
    """Return the case as it is and, if it has a rate, after some steps of descent."""
    points = [(case.name, case.params)]
    if case.rate:
        params = case.params
        for _ in range(TRAINING_STEPS):
            params = jax.tree.map(lambda x, g: x - case.rate * g, params, gradient(params))
        points.append((f"{case.name}, trained", params))
    return points
