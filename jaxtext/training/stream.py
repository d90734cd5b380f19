r"""Skip-gram with negative sampling over a stream of tokens: the fast path.

The objective is that of `sgns.pair_loss`. Four things make it fast on a CPU, and none changes its
expectation:

- A step takes T consecutive tokens with a halo of `window` tokens on either side. Their rows are
  gathered once, and the scores of all their pairs are 2 * window products of shifted slices.
- The T centers share K negatives, so that their scores and gradients are matrix products. A center
  with p pairs weighs each negative by k p / K: in expectation that is k negatives a pair.
- The gradient is written by hand (sigmoid minus label) for the gathered rows alone and added to the
  tables with one scatter each.
- Steps are small enough to stay in one core's cache; meanwhile the other core subsamples the tokens
  and draws the windows of the chunk that comes next.

Small steps are also what keeps training stable. A row is moved by all pairs of a step at once,
computed from one stale value. So `feed.plan` shortens the step until no row is expected to move
far in it, for words spread evenly over the text and for its habit of repeating words close by;
and `feed.damping` shrinks the update of a word that one step happens to repeat many times.
"""

import operator
import time
from collections.abc import Callable
from functools import partial, reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, UInt

from jaxtext.base.errors import InputError
from jaxtext.base.types import EmbeddingParams
from jaxtext.models import sgns
from jaxtext.text.encoded import Encoded
from jaxtext.training.feed import (
    Chunk,
    Plan,
    Position,
    StreamConfig,
    chunks,
    damping,
    plan,
    prefetch,
)
from jaxtext.training.sampling import (
    keep_probability,
    noise_cdf,
    noise_distribution,
    sample_negatives,
)

REPORT_SECONDS = 2.0
REPORT_BLOCKS = 32
CHECKED = 32  # every so many chunks the numbers must be finite; these are kept as the last good
FINAL_RATE = 1e-4  # of the learning rate, as in word2vec
AHEAD = 4  # chunks that may be dispatched before one is waited for


class Block(NamedTuple):
    """T tokens with a halo of W on either side, each one's window, and the K shared negatives."""

    ids: Int[Array, " H"]  # H = T + 2 W
    left: Int[Array, " T"]
    right: Int[Array, " T"]
    negatives: Int[Array, " K"]


class RowScale(NamedTuple):
    """Factors of the rows that a block's centers and contexts update."""

    center: Float[Array, " T"]
    context: Float[Array, " H"]


class RowGradient(NamedTuple):
    """A gradient by rows: row i of `center` belongs to word `center_ids[i]`; repeats add up."""

    center_ids: Int[Array, " T"]
    center: Float[Array, "T D"]
    context_ids: Int[Array, " HK"]
    context: Float[Array, "HK D"]


class Report(NamedTuple):
    """How training stands: what is done of all epochs, loss a pair on the text that comes next."""

    done: float  # in [0, 1]
    seconds: float
    words_per_second: float  # tokens of the text, before subsampling
    loss: float
    learning_rate: float


class State(NamedTuple):
    """All that the rest of a training follows from, beside the text, the key and the settings."""

    params: EmbeddingParams  # with padding columns
    number: int  # of the chunk that comes next
    paired: bool  # whether a chunk had pairs
    position: Position  # where that chunk begins

    def parts(self) -> tuple[int, dict[str, np.ndarray], dict[str, Any]]:
        """Number, arrays, and what else there is."""
        arrays = {**self.params._asdict(), **self.position._asdict()}
        return self.number, arrays, {"paired": self.paired, "spans": arrays.pop("spans")}

    @classmethod
    def of(cls, number: int, arrays: dict[str, np.ndarray], scalars: dict[str, Any]) -> "State":
        """The state with these `parts`."""
        params = EmbeddingParams(jnp.asarray(arrays["center"]), jnp.asarray(arrays["context"]))
        position = Position(scalars["spans"], *(arrays[name] for name in Position._fields[1:]))
        return cls(params, number, scalars["paired"], position)


OnState = Callable[[Callable[[], State]], None]


class Diverged(FloatingPointError):
    """Training left the finite numbers; `params` is the last state that was finite."""

    def __init__(self, message: str, params: EmbeddingParams):
        super().__init__(message)
        self.params = params


# The objective of a block and its gradient ------------------------------------------------------


def window_offsets(window: int) -> list[int]:
    """Places of the neighbors, from left to right: -window ... -1, 1 ... window."""
    return [offset for offset in range(-window, window + 1) if offset]


def block_loss(
    params: EmbeddingParams, block: Block, negatives: int
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    r"""Sum of the losses of all pairs of a block, and how many pairs there are.

    $$\sum_t \Big[ \sum_{o \in \text{window}(t)} -\log\sigma(w_t \cdot c_{t+o})
      + \frac{k\,p_t}{K} \sum_{j=1}^{K} -\log\sigma(-w_t \cdot n_j) \Big]$$

    with $p_t$ the pairs of center t: `sgns.pair_loss` of each pair with weight k/K, added up.
    """
    w, c, n = _rows(params, block)
    mask = _window_mask(block, w.dtype)  # [T, 2W]
    pairs = mask.sum(1)  # [T]
    positive = -(mask * jax.nn.log_sigmoid(_window_scores(w, c))).sum()
    negative = -(pairs @ jax.nn.log_sigmoid(-(w @ n.T)).sum(1))
    return positive + negatives / len(n) * negative, pairs.sum()


def block_gradient(
    params: EmbeddingParams,
    block: Block,
    negatives: int,
    scale: float | Float[Array, ""] = 1.0,
    rows: RowScale | None = None,
) -> RowGradient:
    r"""Gradient of `block_loss` by hand, times `scale` and, row by row, the factors `rows`.

    With $g_{to} = \sigma(w_t \cdot c_{t+o}) - 1$ inside the window (0 outside) and
    $h_{tj} = \frac{k\,p_t}{K}\,\sigma(w_t \cdot n_j)$, the derivatives in the scores,

    $$\partial w_t = \sum_o g_{to} c_{t+o} + \sum_j h_{tj} n_j, \qquad
      \partial c_u = \sum_o g_{u-o,\,o}\, w_{u-o}, \qquad
      \partial n_j = \sum_t h_{tj} w_t.$$
    """
    w, c, n = jax.lax.optimization_barrier(_rows(params, block))
    mask = _window_mask(block, w.dtype)
    # Scaled here, since there are far fewer scores than row entries. The barriers keep XLA from
    # computing g again inside each of its uses.
    g = scale * mask * (jax.nn.sigmoid(_window_scores(w, c)) - 1)  # [T, 2W]
    g = jax.lax.optimization_barrier(g)
    weight = scale * negatives / len(n) * mask.sum(1, keepdims=True)
    h = weight * jax.nn.sigmoid(w @ n.T)  # [T, K]
    d_center, d_context = _window_gradients(g, w, c)
    if rows is not None:
        d_context = rows.context[:, None] * d_context
    d_center, d_context, d_shared, d_negative = jax.lax.optimization_barrier(
        (d_center, d_context, h @ n, h.T @ w)
    )
    d_center = d_center + d_shared
    return RowGradient(
        _centers(block),
        d_center if rows is None else rows.center[:, None] * d_center,
        jnp.concatenate([block.ids, block.negatives]),
        jnp.concatenate([d_context, d_negative]),
    )


def add_rows(params: EmbeddingParams, rows: RowGradient) -> EmbeddingParams:
    """`params + rows`, where rows of the same word add up: one scatter a table."""
    return EmbeddingParams(
        params.center.at[rows.center_ids].add(rows.center),
        params.context.at[rows.context_ids].add(rows.context),
    )


def _window(block: Block) -> int:
    return (block.ids.shape[0] - block.left.shape[0]) // 2


def _centers(block: Block) -> Int[Array, " T"]:
    window = _window(block)
    return block.ids[window : window + block.left.shape[0]]


def _rows(
    params: EmbeddingParams, block: Block
) -> tuple[Float[Array, "T D"], Float[Array, "H D"], Float[Array, "K D"]]:
    """Rows of the centers, of the contexts with halo, and of the negatives: one gather a table."""
    context_ids = jnp.concatenate([block.ids, block.negatives])
    context = params.context[context_ids]
    halo = block.ids.shape[0]
    return params.center[_centers(block)], context[:halo], context[halo:]


def _window_mask(block: Block, dtype: jnp.dtype) -> Float[Array, "T W2"]:
    """1 where the neighbor belongs to the window of the token, else 0."""
    offsets = np.array(window_offsets(_window(block)), block.left.dtype)[None]  # [1, 2W]
    reach = jnp.where(offsets < 0, block.left[:, None], block.right[:, None])  # [T, 2W]
    return (reach >= np.abs(offsets)).astype(dtype)


def _window_scores(w: Float[Array, "T D"], c: Float[Array, "H D"]) -> Float[Array, "T W2"]:
    """w_t . c_{t+o} for each token and offset.

    One reduction with 2 * window results: as many independent sums as offsets keep the CPU's
    adders busy, where one reduction an offset waits for each of its additions (measured: 2.4 x).
    """
    size = w.shape[0]
    window = (c.shape[0] - size) // 2
    products = tuple(w * c[window + o : window + o + size] for o in window_offsets(window))
    zeros = tuple(jnp.zeros((), w.dtype) for _ in products)
    sums = jax.lax.reduce(
        products, zeros, lambda a, b: tuple(x + y for x, y in zip(a, b, strict=True)), (1,)
    )
    return jnp.stack(sums, axis=1)


def _window_gradients(
    g: Float[Array, "T W2"], w: Float[Array, "T D"], c: Float[Array, "H D"]
) -> tuple[Float[Array, "T D"], Float[Array, "H D"]]:
    """What the window scores' derivatives `g` give to the centers and to the contexts."""
    size, halo = w.shape[0], c.shape[0]
    window = (halo - size) // 2
    offsets = list(enumerate(window_offsets(window)))
    parts = [g[:, i : i + 1] * c[window + o : window + o + size] for i, o in offsets]
    d_center = reduce(operator.add, parts)
    # Context u hears from center u - o; zero rows stand for the centers beyond the block.
    around = ((2 * window, 2 * window), (0, 0))
    g, w = jnp.pad(g, around), jnp.pad(w, around)
    parts = [
        g[window - o : window - o + halo, i : i + 1] * w[window - o : window - o + halo]
        for i, o in offsets
    ]
    return d_center, reduce(operator.add, parts)


# Training ---------------------------------------------------------------------------------------


def _blocks(key: Key[Array, ""], cdf: UInt[Array, " V"], chunk: Chunk, shared: int) -> Block:
    """All blocks of a chunk, stacked; their negatives are drawn at once."""
    negatives = sample_negatives(key, cdf, (len(chunk.ids), shared))
    # Drawn inside the loop's body, the random bits would be computed once for each of their uses.
    ids, left, right = map(jnp.asarray, chunk[:3])
    block = Block(ids, left, right, negatives)
    return jax.lax.optimization_barrier(block)


def make_advance(config: StreamConfig, sizes: Plan) -> Callable[..., EmbeddingParams]:
    """Compile the training on one chunk: (params, key, cdf, chunk) -> params."""

    @partial(jax.jit, donate_argnums=0)
    def advance(
        params: EmbeddingParams, key: Key[Array, ""], cdf: UInt[Array, " V"], chunk: Chunk
    ) -> EmbeddingParams:
        dtype = params.center.dtype
        left = jnp.maximum(1 - jnp.asarray(chunk.progress, dtype), FINAL_RATE)
        rates = sizes.rate * left  # [steps]

        def step(params: EmbeddingParams, item: tuple) -> tuple[EmbeddingParams, None]:
            block, repeats, rate = item
            context = damping(repeats.astype(dtype), rate, config.window)
            rows = RowScale(context[config.window : -config.window], context)
            return add_rows(
                params, block_gradient(params, block, config.negatives, -rate, rows)
            ), None

        blocks = _blocks(key, cdf, chunk, sizes.shared)
        return jax.lax.scan(step, params, (blocks, chunk.repeats, rates))[0]

    return advance


def make_probe(config: StreamConfig, sizes: Plan) -> Callable[..., tuple[Array, Array]]:
    """Compile the estimate of a report: (params, key, cdf, chunk) -> loss a pair, all finite?"""

    @jax.jit
    def probe(
        params: EmbeddingParams, key: Key[Array, ""], cdf: UInt[Array, " V"], chunk: Chunk
    ) -> tuple[Array, Array]:
        some = jax.tree.map(lambda x: x[:REPORT_BLOCKS], _blocks(key, cdf, chunk, sizes.shared))
        loss, pairs = jax.lax.map(lambda b: block_loss(params, b, config.negatives), some)
        finite = jnp.isfinite(params.center).all() & jnp.isfinite(params.context).all()
        return loss.sum() / jnp.maximum(pairs.sum(), 1), finite

    return probe


def fit(
    key: Key[Array, ""],
    text: Encoded,
    counts: Int[np.ndarray, " V"],
    config: StreamConfig,
    on_report: Callable[[Report], None] = lambda report: None,
    on_state: OnState = lambda state: None,
    start: State | None = None,
) -> EmbeddingParams:
    """Train center and context vectors [V, D] on a text; every draw follows from `key`.

    `counts` holds how often each word occurs. `on_report` is called at the beginning, about every
    two seconds, and at the end; it changes nothing in the result. Before each chunk `on_state` is
    given a function that copies the state; training from such a `start`, with the same other
    arguments, ends with the same bits. Raises `Diverged` when a loss or
    a vector is no longer finite, `InputError` when subsampling leaves no pair.
    """
    sizes = plan(config, counts, text)
    init_key, noise_key = jax.random.split(key)
    keep = keep_probability(counts, config.subsample).astype(np.float32)
    cdf = jnp.asarray(noise_cdf(noise_distribution(counts, config.noise_exponent)))
    seed = tuple(np.asarray(jax.random.key_data(key)).ravel().tolist())
    if start is None:
        params = _padded(sgns.init(init_key, len(counts), config.dim))
        first, paired, position = 0, False, None
    else:
        params, first, paired, position = start
        params = jax.tree.map(jnp.array, params)
    advance, probe = make_advance(config, sizes), make_probe(config, sizes)
    begin = reported = time.perf_counter()
    good = jax.tree.map(jnp.copy, params)
    words = len(text.ids) * config.epochs
    chunk = chunk_key = None
    stream = prefetch(chunks(text, keep, config, sizes, seed, position))
    for number, (chunk, position) in enumerate(stream, first):
        chunk_key = jax.random.fold_in(noise_key, number)
        on_state(partial(_state, params, number, paired, position))
        paired = paired or bool(chunk.left.any() or chunk.right.any())
        now = time.perf_counter()
        due, checked = number == first or now - reported > REPORT_SECONDS, number % CHECKED == 0
        if due or checked:
            found = probe(params, chunk_key, cdf, chunk)
            report = _report(found, chunk, sizes.rate, words, now - begin)
            if checked:
                _check(report, good, config)
                good = jax.tree.map(jnp.copy, params)
            if due:
                reported = now
                on_report(report)
        params = advance(params, chunk_key, cdf, chunk)
        if number % AHEAD == AHEAD - 1:
            jax.block_until_ready(params)  # keeps the queue of dispatched chunks short
    if chunk is None or not paired:
        raise InputError(
            f"--subsample {config.subsample:g} leaves no pair of words of so small a text: use 0"
        )
    last = chunk._replace(progress=np.ones_like(chunk.progress))
    seconds = time.perf_counter() - begin
    report = _report(probe(params, chunk_key, cdf, last), last, sizes.rate, words, seconds)
    _check(report, good, config)
    on_report(report)
    return _trimmed(params, config.dim)


def _state(params: EmbeddingParams, number: int, paired: bool, position: Position) -> State:
    # Copies: the tables are donated to the next step, and the position is a view of much more.
    tables = jax.tree.map(np.array, params)
    parts = (part.copy() for part in position[1:])
    return State(tables, number, paired, Position(position.spans, *parts))


def _padded(params: EmbeddingParams) -> EmbeddingParams:
    """float32 with zero columns up to a multiple of 8, which stay zero: whole vector registers."""
    columns = (0, 0), (0, -params.center.shape[1] % 8)
    return jax.tree.map(lambda table: jnp.pad(table.astype(jnp.float32), columns), params)


def _trimmed(params: EmbeddingParams, dim: int) -> EmbeddingParams:
    """Without the columns that `_padded` added."""
    return jax.tree.map(lambda table: table[:, :dim], params)


def _report(
    probed: tuple[Array, Array], chunk: Chunk, rate: float, words: int, seconds: float
) -> Report:
    loss, finite = probed
    done = float(chunk.progress[0])
    value = float(loss) if bool(finite) else float("nan")
    speed = done * words / seconds if seconds else 0.0
    return Report(done, seconds, speed, value, rate * max(1 - done, FINAL_RATE))


def _check(report: Report, good: EmbeddingParams, config: StreamConfig) -> None:
    if not np.isfinite(report.loss):
        rate, default = config.learning_rate, StreamConfig.learning_rate
        better = default if rate > default else rate / 10
        raise Diverged(
            f"the vectors left the finite numbers {report.done:.0%} of the way: "
            f"--learning-rate {rate:g} is too large for this text; try {better:g}",
            _trimmed(good, config.dim),
        )
