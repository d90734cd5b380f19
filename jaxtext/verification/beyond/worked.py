"""What the sheet's worked examples leave out."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxtext.models import mlp
from jaxtext.verification.findings import Finding, Section, equal
from jaxtext.verification.oracles import compiled
from jaxtext.verification.sheet import examples

SECTION = Section("worked")
claim = SECTION.claim


def _loss(params: list[mlp.Layer]) -> jax.Array:
    inputs, targets = jnp.asarray(examples.INPUTS), jnp.asarray(examples.TARGETS)
    return mlp.batch_loss(params, inputs, targets, "logistic")


@claim("update", "One update of all weights of the toy network, of which the sheet updates two")
def all_weights() -> Finding:
    toy = examples.toy_network()
    new, gradient = examples.toy_update(toy), compiled(jax.grad(_loss))(toy)
    pairs = [
        (after.weight, np.asarray(before.weight) - examples.LEARNING_RATE * np.asarray(g.weight))
        for after, before, g in zip(new, toy, gradient, strict=True)
    ]
    return equal([np.round(np.asarray(layer.weight), 6).tolist() for layer in new], *pairs)
