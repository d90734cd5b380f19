"""What is compiled: the steps of a chunk, and an estimate of the loss."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key, UInt

from jaxtext.base.compiled import options
from jaxtext.base.types import EmbeddingParams
from jaxtext.training.accelerators import Add
from jaxtext.training.sampling import sample_negatives
from jaxtext.training.settings import Sgns
from jaxtext.training.stream.block import Block, RowScale, add_rows, block_gradient, block_loss
from jaxtext.training.stream.feed import Chunk
from jaxtext.training.stream.plan import Plan, damping

REPORT_BLOCKS = 32
FINAL_RATE = 1e-4  # the least share of the learning rate, as in word2vec
# XLA may then add up in any order, and so in whole vector registers: the scores of the window take
# a fifth of the time. NaN and infinity keep their meaning.
ANY_ORDER = {
    "xla_cpu_enable_fast_math": True,
    "xla_cpu_fast_math_honor_nans": True,
    "xla_cpu_fast_math_honor_infs": True,
    "xla_cpu_fast_math_honor_division": True,
    "xla_cpu_fast_math_honor_functions": True,
}

Advance = Callable[..., tuple[EmbeddingParams, Array]]


def advance(config: Sgns, planned: Plan, add: Add | None = None) -> Advance:
    """Return a function that trains on one chunk.

    It maps (params, key, cdf, number, chunk) to the new tables and the number; the negatives of
    chunk `number` are drawn from `fold_in(key, number)`.
    """

    def train(
        params: EmbeddingParams,
        key: Key[Array, ""],
        cdf: UInt[Array, " V"],
        number: Array,
        chunk: Chunk,
    ) -> tuple[EmbeddingParams, Array]:
        dtype = params.center.dtype
        left = jnp.maximum(1 - jnp.asarray(chunk.progress, dtype), FINAL_RATE)
        rates = planned.rate * left  # [steps]

        def step(params: EmbeddingParams, item: tuple) -> tuple[EmbeddingParams, None]:
            block, repeats, rate = item
            context = damping(repeats.astype(dtype), rate, config.window)
            rows = RowScale(context[config.window : -config.window], context)
            gradient = block_gradient(params, block, config.negatives, -rate, rows)
            return add_rows(params, gradient, add), None

        blocks = _blocks(key, number, cdf, chunk, planned.shared)
        return jax.lax.scan(step, params, (blocks, chunk.repeats, rates))[0], jnp.asarray(number)

    return train


def compiled_advance(config: Sgns, planned: Plan, add: Add | None = None) -> Callable[..., Any]:
    """Compile `advance` for several streams at once, each with its tables, number and chunk.

    It maps (list of tables, key, cdf, list of numbers and chunks) to a list of what `advance`
    returns, and donates the tables, which cannot be used afterwards.
    """
    train = advance(config, planned, add)

    def every(
        tables: list[EmbeddingParams],
        key: Key[Array, ""],
        cdf: UInt[Array, " V"],
        items: list[tuple[Array | np.int32, Chunk]],
    ) -> list[Any]:
        if len(tables) == 1:
            return [train(tables[0], key, cdf, *items[0])]
        stacked = jax.tree.map(lambda *each: jnp.stack(each), *zip(tables, items, strict=True))
        found = jax.vmap(lambda one: train(one[0], key, cdf, *one[1]))(stacked)
        return [jax.tree.map(lambda each, i=i: each[i], found) for i in range(len(tables))]

    return jax.jit(every, donate_argnums=0, compiler_options=options(ANY_ORDER))


def compiled_probe(config: Sgns, planned: Plan) -> Callable[..., tuple[Array, Array]]:
    """Compile a function that estimates the loss on the first blocks of a chunk.

    It maps (params, key, cdf, number, chunk) to the loss per pair and whether all parameters are
    finite.
    """

    @jax.jit
    def probe(
        params: EmbeddingParams,
        key: Key[Array, ""],
        cdf: UInt[Array, " V"],
        number: Array,
        chunk: Chunk,
    ) -> tuple[Array, Array]:
        blocks = _blocks(key, number, cdf, chunk, planned.shared)
        some = jax.tree.map(lambda x: x[:REPORT_BLOCKS], blocks)
        loss, pairs = jax.lax.map(lambda b: block_loss(params, b, config.negatives), some)
        finite = jnp.isfinite(params.center).all() & jnp.isfinite(params.context).all()
        return loss.sum() / jnp.maximum(pairs.sum(), 1), finite

    return probe


def _blocks(
    key: Key[Array, ""], number: Array, cdf: UInt[Array, " V"], chunk: Chunk, shared: int
) -> Block:
    """Stack the blocks of a chunk and draw the negatives of all."""
    key = jax.random.fold_in(key, number)
    negatives = sample_negatives(key, cdf, (len(chunk.ids), shared))
    # Inside the body of the loop, XLA would compute the random bits once for each of their uses.
    ids, left, right = map(jnp.asarray, chunk[:3])
    block = Block(ids, left, right, negatives)
    return jax.lax.optimization_barrier(block)
