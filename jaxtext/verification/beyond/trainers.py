"""The trainers as they are shipped: a step of the stream, a pass over counts, a whole training."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

from jaxtext.base.types import EmbeddingParams
from jaxtext.training import sampling
from jaxtext.training.counts import halves, newton
from jaxtext.training.settings import Sgns
from jaxtext.training.stream import combine, feed, loop, plan, rounds, steps
from jaxtext.verification import references
from jaxtext.verification.beyond.drawing import sentences, too_far
from jaxtext.verification.findings import EXACT, Finding, Section, equal, largest
from jaxtext.verification.oracles import compiled

SECTION = Section("trainers")
claim = SECTION.claim
V, D, K = 5, 3, 3
# Rows are centers; no row or column sum is that of another, and three pairs never occur.
COUNTS = np.array(
    [
        [1.0, 7.0, 2.0, 0.0, 3.0],
        [4.0, 2.0, 9.0, 1.0, 0.0],
        [1.0, 3.0, 0.0, 5.0, 2.0],
        [6.0, 1.0, 1.0, 2.0, 8.0],
        [2.0, 2.0, 3.0, 1.0, 1.0],
    ]
)
NOISE = np.array([0.3, 0.1, 0.25, 0.2, 0.15])


def tables(seed: int, size: float = 1.0, dim: int = D) -> EmbeddingParams:
    """Return normally distributed tables, in float64."""
    center, context = size * np.random.default_rng(seed).normal(size=(2, V, dim))
    return EmbeddingParams(jnp.asarray(center), jnp.asarray(context))


# The stream -------------------------------------------------------------------------------------


def damping(count: int, rate: int | float, window: int) -> float:
    """Return what bounds `count` occurrences of window + 1 pairs each to one unit of gradient."""
    return 1 / max(1.0, rate * (window + 1) * count)


def stream_step(
    params: references.Tables,
    ids: Int[np.ndarray, " H"],
    sides: tuple[Int[np.ndarray, " T"], Int[np.ndarray, " T"]],
    negatives: Int[np.ndarray, " K"],
    k: int,
    rate: int | float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return both tables after a step on a block, pair by pair, each negative weighing k/K."""
    left, right = sides
    window = (len(ids) - len(left)) // 2
    factor = [damping(list(ids).count(v), rate, window) for v in range(len(params[0]))]
    center, context = params[0].copy(), params[1].copy()
    for t in range(len(left)):
        for u in range(t - left[t], t + right[t] + 1):
            if u == t:
                continue
            w, c = ids[t + window], ids[u + window]
            pair = references.sampled_pair_gradient(params, w, c, [])
            both = references.sampled_pair_gradient(params, w, c, negatives, k / len(negatives))
            center -= rate * factor[w] * both[0]
            # Shared negatives are not damped.
            context -= rate * (factor[c] * pair[1] + (both[1] - pair[1]))
    return center, context


@claim(
    "stream.step",
    "A step of the stream moves both tables by minus the rate times the gradient of the clear "
    "loss, rows of repeated words damped; the rate falls with the text that is done",
)
def step_of_the_stream() -> Finding:
    rng, rate, shared = np.random.default_rng(30), 0.4, 4
    config = Sgns(dim=D, window=2, negatives=K)
    ids = rng.integers(0, V, (2, 10)).astype(np.int32)
    left = np.array([[2, 1, 2, 0, 1, 2], [0, 1, 2, 2, 1, 0]], np.int16)
    right = np.array([[2, 1, 0, 2, 2, 1], [1, 2, 0, 0, 2, 1]], np.int16)
    progress, key = np.array([0.25, 1.0]), jax.random.key(31)
    chunk = feed.Chunk(ids, left, right, plan.occurrences(ids), progress)
    cdf = jnp.asarray(sampling.noise_cdf(NOISE))
    start = tables(32)
    advance, number = steps.advance(config, plan.Plan(6, shared, 2, rate)), jnp.int32(7)
    drawn, (moved, _) = compiled(
        lambda key: (
            sampling.sample_negatives(jax.random.fold_in(key, number), cdf, (2, shared)),
            advance(start, key, cdf, number, chunk),
        )
    )(key)
    expected: references.Tables = tuple(map(np.asarray, start))
    for i, done in enumerate(progress):
        reach, now = (left[i], right[i]), rate * max(1 - done, 1e-4)
        expected = stream_step(expected, ids[i], reach, np.asarray(drawn[i]), K, now)
    factors = np.asarray(plan.damping(np.array([1, 2, 5]), rate, 2))
    return equal(
        "two steps of 6 words, k = 3 from K = 4 negatives",
        (moved.center, expected[0]),
        (moved.context, expected[1]),
        (factors, [damping(n, rate, 2) for n in (1, 2, 5)]),
    )


@claim(
    "stream.plan",
    "In a step no row is expected to move by more than 1.5 units of gradient: as a shared "
    "negative, or as a word that is frequent in the text or in the noise",
)
def planned_steps() -> Finding:
    excess, shown = 0.0, []
    text = sentences([4])  # too short to show whether words repeat
    heavy = np.array([9000] + [1] * 999)  # a word that subsampling makes rarer
    flat, steep = np.full(1000, 1000), (1e6 / np.arange(1, 1001)).astype(int)
    for config, counts_ in (
        (Sgns(epochs=1), flat), (Sgns(epochs=1, subsample=0), steep),
        (Sgns(epochs=1, window=10, negatives=20, learning_rate=0.1), flat),
        (Sgns(epochs=1, window=40, negatives=20), flat),
        (Sgns(epochs=1, negatives=1, noise_exponent=0), heavy),
        (Sgns(epochs=1, noise_exponent=1.5), steep),
    ):  # fmt: skip
        planned = plan.plan(config, counts_, text)
        pairs, k = config.window + 1, config.negatives
        kept = counts_ * sampling.keep_probability(counts_, config.subsample)
        noise = sampling.noise_distribution(counts_, config.noise_exponent)
        moved = max(k / planned.shared, (k * noise + kept / kept.sum()).max())
        moved *= planned.rate * planned.tokens * pairs
        # The center's own row: at most 400 negatives, or the rate is reduced.
        rate = config.learning_rate * min(1, 400 / (k * pairs))
        excess += max(moved - 1.5, 0) + largest(planned.rate, rate)
        # Twice as many words would be too many, unless 128 are enough.
        fits = 2 * moved > 1.5 or planned.tokens == 128
        excess += 0 if fits and planned.shared >= 8 and k * 6 <= 10 * planned.shared else 1
        shown.append(f"{planned.tokens} ({moved:.1f})")
    # Sixteen times the same word: the step is halved until damping takes a tenth at most.
    config = Sgns(epochs=1, subsample=0)
    usual = plan.plan(config, steep, text)
    same = plan.plan(config, steep, sentences([16], np.full(16, 999, np.int32)))
    excess += largest([usual.tokens, same.tokens], [16, 4])
    return Finding(f"words of a step (units): {', '.join(shown)}", excess, 1e-9)


def combined(a: list[float], b: list[float]) -> list[float]:
    """Return the combination of two changes of a row, number by number."""
    both, square, other = (
        math.fsum(x * y for x, y in zip(*rows, strict=True)) for rows in ((a, b), (a, a), (b, b))
    )
    p, q = (1 - both / (2 * of) if of else 1.0 for of in (square, other))
    return [p * x + q * y for x, y in zip(a, b, strict=True)]


@claim(
    "stream.combine",
    "Changes of a row by two streams combine to their sum where they are orthogonal or one is "
    "zero, to their mean where they are equal; neither order nor length matters, and none grows "
    "beyond the sum of the lengths",
)
def combined_changes() -> Finding:
    a, b = np.random.default_rng(33).normal(size=(2, 40, D))
    across = np.cross(a, b)
    found = compiled(combine.combined)
    both = np.asarray(found(a, b))
    longest = np.linalg.norm(a, axis=1) + np.linalg.norm(b, axis=1)
    return equal(
        "40 rows of 3 numbers, and their cross products",
        (both, np.array([combined(*rows) for rows in zip(a.tolist(), b.tolist(), strict=True)])),
        (found(a, across), a + across),
        (found(a, 0 * b), a),
        (found(a, a), a),
        (found(a, 3 * a), 2 * a),
        (found(b, a), both),
        (found(1e3 * a, 1e3 * b) / 1e3, both),
        (np.maximum(np.linalg.norm(both, axis=1) - longest, 0), np.zeros(len(a))),
    )


@claim(
    "stream.rounds",
    "The tables of several streams become one by combining their changes in a binary tree, "
    "neighbors first; rows that no stream changed stay, and one stream's tables stay as they are",
)
def rounds_of_the_stream() -> Finding:
    rng, words = np.random.default_rng(29), rounds.ROWS + 44  # two blocks of rows that overlap
    base = rng.normal(size=(words, D))
    changes = rng.normal(size=(5, words, D)) * (rng.random((5, words, 1)) < 0.6)
    expected = []
    for row in range(words):
        one, two, three, four, five = changes[:, row].tolist()
        four_of_them = combined(combined(one, two), combined(three, four))
        expected.append(base[row] + combined(four_of_them, five))
    join = partial(compiled(rounds.joined_table), words=np.asarray(words))
    return equal(
        f"5 streams, {words} rows, each changed by three of them on average",
        (join(base, list(base + changes)), np.array(expected)),
        (join(base, [base + changes[0]]), base + changes[0]),
    )


# A text in which the distances of the trainer's draws are known: 1 2 3 and runs of a frequent word.
SHORT, RUNS, RUN = 1200, 150, 20
FREQUENCIES = np.array([60_000, 40, 40, 40, 9_000, 1_000, 100])


@claim(
    "stream.fit",
    "From a small rate, training leaves in the tables the pairs that it saw and the negatives that "
    "it drew: k per pair from the noise, windows and tokens as the settings say, a falling rate",
)
def fit_of_the_stream() -> Finding:
    k, epochs, rate, threshold = 3, 2, 1e-7, 0.05
    config = Sgns(
        dim=8, window=2, negatives=k, epochs=epochs, subsample=threshold, noise_exponent=0.5,
        learning_rate=rate, streams=1,
    )  # fmt: skip
    words = len(FREQUENCIES)
    run, short = [0] * RUN, [1, 2, 3] * (SHORT // RUNS)
    lengths = [RUN] + [3] * (SHORT // RUNS)
    text = sentences(lengths * RUNS, np.array((run + short) * RUNS, np.int32))
    # Centers are unit vectors and contexts zero, so that row c of the contexts, in the direction of
    # w, adds up rate / 2 for each pair (w, c) and takes it off for each negative.
    one, none = np.eye(words, 8, dtype=np.float32), np.zeros((words, 8), np.float32)
    start = EmbeddingParams(jnp.asarray(one), jnp.asarray(none))
    reports: list[loop.Report] = []
    params = loop.fit(
        jax.random.key(34), text, FREQUENCIES, config, on_report=reports.append, start=start
    )
    moved = 2 / rate * np.asarray(params.context, np.float64)[:, :words].T  # [center, context]
    noise = np.sqrt(FREQUENCIES) / np.sqrt(FREQUENCIES).sum()
    pairs = moved.sum(1) / (1 - k)  # of each center, weighted by the falling rate
    falling = epochs / 2  # sum of the rate over all epochs, in units of the first
    shares = -moved[:4, 4:].sum(0) / (k * pairs.sum())
    draws = k * len(text.ids) / 40  # at least: 8 negatives or more for a step of 128 words
    seen = moved + k * np.outer(pairs, noise)  # up to the negatives' scatter
    far = (seen[1, 3] + seen[3, 1]) / (2 * SHORT * falling)
    keep = sampling.keep_probability(FREQUENCIES, threshold)[0]
    kept = [math.comb(RUN, n) * keep**n * (1 - keep) ** (RUN - n) for n in range(RUN + 1)]
    of_run = sum(p * (2 * max(n - 1, 0) + max(n - 2, 0)) for n, p in enumerate(kept))
    errors = [
        # Steps of 128 words take the rate of their first: at most 2% more than in the middle.
        max(abs(pairs[2] / (2 * SHORT * falling) - 1) - 0.02, 0),
        too_far(shares, noise[4:], draws),
        max(abs(far - 0.5) - 0.07, 0),
        max(abs(pairs[0] / (RUNS * of_run * falling) - 1) - 0.08, 0),
        max(abs((seen[1, 2] + seen[3, 2]) / (2 * SHORT * falling) - 1) - 0.07, 0),
        largest(params.center, one) - 1e-3,
        # Zero scores cost ln 2 for the pair and each negative; so little training changes nothing.
        max(largest([r.loss for r in reports], (1 + k) * math.log(2) * np.ones(len(reports))), 0)
        - 1e-3,
        largest([reports[0].learning_rate / rate, reports[-1].learning_rate / rate], [1.0, 1e-4])
        - 1e-3,
    ]
    shown = f"{pairs.sum():,.0f} pairs; shares {np.round(shares, 3).tolist()}"
    return Finding(shown, max(*errors, 0.0))


# Counts -----------------------------------------------------------------------------------------


def cell(n: float, e: float, s: float) -> tuple[float, float, float]:
    """Return loss, slope and curvature of a cell with n pairs and e negatives at the score s."""
    p, q = references.sigmoid(s), references.sigmoid(-s)
    loss = -n * references.log_sigmoid(s) - e * references.log_sigmoid(-s)
    return loss, e * p - n * q, (n + e) * p * q


FARTHEST = 30.0  # that a score moves in a step
_cells = np.vectorize(cell)


def improved_rows(
    rows: Float[np.ndarray, "V D"],
    columns: Float[np.ndarray, "V D"],
    n: Float[np.ndarray, "V V"],
    e: Float[np.ndarray, "V V"],
) -> Float[np.ndarray, "V D"]:
    """Return rows after a step each, with their common curvature and Bach's bound on the length."""
    basis, r = np.linalg.qr(columns)
    rows = rows @ r.T
    _, slopes, curvatures = _cells(n, e, rows @ basis.T)
    shared = np.zeros((basis.shape[1], basis.shape[1]))
    for q in curvatures:  # rows count alike, however frequent
        shared += basis.T @ np.diag(q / q.sum()) @ basis
    shared += 1e-3 * np.trace(shared) / len(shared) * np.eye(len(shared))
    moved = []
    for row, g, q in zip(rows, slopes, curvatures, strict=True):
        direction = -np.linalg.solve(shared, basis.T @ g)
        change = basis @ direction
        fall, bend, reach = -g @ change, q @ change**2, np.abs(change).max()
        length = min(math.log1p(reach * fall / bend), FARTHEST) / reach
        moved.append(row + length * direction)
    return np.array(moved) @ basis.T


@claim("counts.loss", "The counts trainer's loss and gradient are those of all pairs of the text")
def loss_and_gradient() -> Finding:
    params = tables(35)
    arrays = tuple(map(np.asarray, params))
    problem = halves.problem(sparse.csr_array(COUNTS), NOISE, K, np.float64)
    loop_ = references.corpus_loss(arrays, COUNTS, NOISE.tolist(), K)
    center, context = references.corpus_gradient(arrays, COUNTS, NOISE.tolist(), K)
    found = newton.gradient(params, problem)
    total = COUNTS.sum()
    return equal(
        "asymmetric counts, k = 3",
        (newton.loss(params, problem) / total, loop_ / total),
        (found.center / total, center / total),
        (found.context / total, context / total),
    )


@claim(
    "counts.step",
    "A pass moves every row by the Newton step whose length minimises Bach's upper bound, with "
    "the gradient over all cells; it never raises the loss, and ends at ln(n/e)",
)
def passes() -> Finding:
    everywhere = np.where(COUNTS > 0, COUNTS, 1.0)
    errors, rises, losses = [], [], []
    for seed, size, n in ((36, 1.0, everywhere), (37, 0.01, COUNTS), (38, 4.0, COUNTS)):
        problem = halves.problem(sparse.csr_array(n), NOISE, K, np.float64)
        e, params = K * np.outer(n.sum(1), NOISE), tables(seed, size, V)
        center, context = map(np.asarray, params)
        for number in range(60 if seed == 36 else 3):
            params, before = newton.improve(params, problem)
            if number == 0:
                scores = improved_rows(center, context, n, e)
                # Any factors of the scores serve: contexts move in the space of the centers.
                basis = np.linalg.qr(np.asarray(params.center))[0]
                scores = improved_rows((basis.T @ scores).T, basis, n.T, e.T).T
                moved = np.asarray(params.center) @ np.asarray(params.context).T
                errors.append(largest(moved, scores))
            else:
                rises.append(before - losses[-1])
            exact = _cells(n, e, center @ context.T)[0].sum()
            errors.append(largest(before / exact, 1.0))
            losses.append(before)
            center, context = map(np.asarray, params)
        if seed == 36:
            errors.append(largest(center @ context.T, np.log(n / e)) / 1e4)
    rise = max(*rises, 0.0)
    return Finding(
        f"from scores of 0.0001 to 30: largest rise {rise:.0e}",
        max(*errors, rise if rise > EXACT * losses[0] else 0.0), 1e-9,
    )  # fmt: skip
