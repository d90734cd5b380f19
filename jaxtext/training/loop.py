"""The clear path: descend any loss over any tree of parameters with any optax optimizer."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int


class TrainState(NamedTuple):
    """What the next step needs: parameters, state of the optimizer and number of steps so far."""

    params: Any
    opt_state: optax.OptState
    step: Int[Array, ""]


class StepInfo(NamedTuple):
    """What one step reports: the loss before its update."""

    loss: Float[Array, ""]


Update = Callable[[TrainState, tuple], tuple[TrainState, StepInfo]]


def init_state(params: Any, optimizer: optax.GradientTransformation) -> TrainState:
    """Return the state before the first step."""
    return TrainState(params, optimizer.init(params), jnp.array(0))


def make_update(
    loss: Callable[..., Float[Array, ""]], optimizer: optax.GradientTransformation
) -> Update:
    """Compile one descent step on the scalar `loss(params, *batch)`.

    The batches of one training should have one shape, since every new shape compiles again.
    """

    @jax.jit
    def update(state: TrainState, batch: tuple) -> tuple[TrainState, StepInfo]:
        value, grads = jax.value_and_grad(loss)(state.params, *batch)
        updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
        params = optax.apply_updates(state.params, updates)
        return TrainState(params, opt_state, state.step + 1), StepInfo(loss=value)

    return update


def fit(
    params: Any,
    loss: Callable[..., Float[Array, ""]],
    batches: Iterable[tuple],
    optimizer: optax.GradientTransformation,
) -> tuple[TrainState, list[StepInfo]]:
    """Make one update per batch; return the final state and the report of each step.

    >>> def square(x, target):
    ...     return (x - target) ** 2
    >>> state, infos = fit(jnp.array(0.0), square, [(3.0,)] * 9, optax.sgd(0.5))
    >>> print(state.params, infos[0].loss, len(infos))
    3.0 9.0 9
    """
    update = make_update(loss, optimizer)
    state = init_state(params, optimizer)
    infos = []
    for batch in batches:
        state, info = update(state, batch)
        infos.append(info)
    return state, infos
