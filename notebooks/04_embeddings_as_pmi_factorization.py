# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     notebook_metadata_filter: kernelspec,jupytext,-jupytext.text_representation
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Embeddings as a factorization of PMI
#
# Skip-gram trains two tables of vectors, $W$ for centers and $W'$ for contexts. All scores $w \cdot
# c$ together form the matrix $M = W W'^\top$. Which matrix is it? This question is asked by the
# last part of Exercise 02 of the course Advanced Methods in Text Analytics (University of Mannheim,
# FSS 2025), which we call *the sheet*. Its answer is PMI $- \ln k$. We derive this answer and reach
# it exactly on a text of seven words. Then we turn to a real text, to see how close 50 dimensions
# come, and where they fail.

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax

import jaxtext
from jaxtext import EmbeddingParams, factorization, gap, plots, pmi, sampling, text, training
from jaxtext.models.objective import Objective, cell_loss, optimum
from jaxtext.reports import interactive
from jaxtext.reports.derivations import draw_derivation, in_words
from jaxtext.verification import optima
from jaxtext.verification.sheet import derivations

plt.rcParams.update(plots.STYLE)

# %% [markdown]
# ## From counts to PMI
#
# The first text is made up, so that we know what is in it. A third of all words is "the". The other
# words of a line come from one of three stories, with a few strangers among them.

# %%
stories = [["Daenerys", "dragon"], ["Frodo", "ring"], ["Picard", "ship"]]
names = ["the", *(name for story in stories for name in story)]
rng = np.random.default_rng(3)


def draw_word(story):
    if rng.random() < 1 / 3:
        return "the"
    return str(rng.choice(story if rng.random() < 0.7 else names[1:]))


lines = []
for _ in range(120):
    story = stories[rng.integers(3)]
    lines.append([draw_word(story) for _ in range(6)])
for line in lines[:3]:
    print(" ".join(line))

# %% [markdown]
# Let $\#(w, c)$ be the number of times that $c$ is at most two places away from $w$. The sum of a
# row is $\#(w)$, the sum of a column is $\#(c)$, and the number of all pairs is $|D|$. Pointwise
# mutual information (PMI) compares how often a pair occurs with how often it would occur if the two
# words were independent:
#
# $$\mathrm{PMI}(w, c) = \ln \frac{p(w, c)}{p(w)\,p(c)} = \ln \frac{\#(w, c)\,|D|}{\#(w)\,\#(c)}$$

# %%
small_vocab = text.Vocab.build(lines, min_count=1)
order = small_vocab.encode(names)  # sorted by story instead of frequency
counts = text.cooccurrence(text.encode_sentences(lines, small_vocab), len(names), window=2)
counts = counts.toarray()[np.ix_(order, order)]

shifted = pmi.shifted_pmi(counts, 5)


def draw_words(table, ax, **options):
    """Draw a table with a row and a column for each word."""
    plots.draw_table(table, names, names, ax, **options)
    ax.tick_params(axis="x", labelrotation=45)


figure, axes = plt.subplots(1, 2, figsize=(9, 4.2), layout="tight")
draw_words(counts, axes[0], digits=0, title=r"$\#(w, c)$")
draw_words(pmi.pmi(counts), axes[1], largest=3, title="PMI")
plots.show(
    figure,
    "Two tables of the seven words. The largest counts are in the row and column of 'the'. In the "
    "table of PMI these are near zero, blocks of two by two words of a story are positive, and "
    "almost all other cells are negative.",
)
figure, ax = plt.subplots(figsize=(4.6, 4.2), layout="tight")
draw_words(shifted, ax, largest=3, title=r"PMI $-$ ln 5")
plots.show(figure, "The table of PMI with ln 5 subtracted from every cell. All cells are negative.")

frodo, ring = names.index("Frodo"), names.index("ring")
n, of_w, of_c = counts[frodo, ring], counts[frodo].sum(), counts[:, ring].sum()
print(f"(Frodo, ring): ln({n} * {counts.sum()} / ({of_w} * {of_c})) ", end="")
print(f"= {np.log(n * counts.sum() / (of_w * of_c)):.2f}")
story_of = np.repeat([0, 1, 2, 3], [1, 2, 2, 2])  # 0 is "the"
same = (story_of[:, None] == story_of) & (story_of > 0)
other = (story_of[:, None] != story_of) & (story_of[:, None] * story_of > 0)
for name, cells in (("of 'the'", ~same & ~other), ("same story", same), ("other story", other)):
    values = pmi.pmi(counts)[cells]
    print(f"PMI {name:11} from {values.min():5.2f} to {values.max():5.2f}")
print(f"ln 5 = {np.log(5):.2f}")

# %% [markdown]
# The largest counts are those of "the", because it is frequent. But its PMI lies between -0.10 and
# 0.07: it stands near every word about as often as chance predicts. Two words of the same story
# have a PMI of at least 0.53, two words of different stories have one of at most 0.05. The shift by
# $\ln 5 = 1.61$ moves all cells down and leaves their differences unchanged. The tables of PMI have
# the same color scale.
#
# ## Two slips of the sheet
#
# The sheet writes $|V|$, the size of the vocabulary, where $|D|$ belongs. Here that would lower
# every cell by $\ln(2160 / 7) = 5.73$.
#
# It also leaves the factor out, and says that what remains is proportional to the rest:
#
# $$\ln \frac{\#(w, c)}{\#(w)\,\#(c)} \; \propto \; \ln \frac{\#(w, c)\,|V|}{\#(w)\,\#(c)}.$$
#
# It is not. Two quantities are proportional if their *ratio* is the same everywhere. But a
# logarithm turns a factor into a summand,
#
# $$\ln \frac{\#(w, c)\,|D|}{\#(w)\,\#(c)} = \ln \frac{\#(w, c)}{\#(w)\,\#(c)} + \ln |D|,$$
#
# so here the *difference* is the same everywhere. What is proportional is what stands inside of the
# logarithms. Does it matter? The order of the pairs is the same. But the zero of PMI has a meaning:
# above it are pairs that occur more often than chance predicts, below it those that occur less
# often. Without $\ln |D|$ all values are negative, and the meaning is lost.

# %%
without = np.log(counts / np.outer(counts.sum(axis=1), counts.sum(axis=0)))
print(f"ln(|D|/|V|) = ln({counts.sum()}/{len(names)}) = {np.log(counts.sum() / len(names)):.2f}")
for name, factor in (("|V|", len(names)), ("|D|", counts.sum())):
    value = without + np.log(factor)
    print(f"with {name}: difference {np.ptp(value - without):.0e} + {np.log(factor):.2f}, ", end="")
    print(f"ratio from {(value / without).min():.2f} to {(value / without).max():.2f}")
print(f"without either, the largest value is {without.max():.2f}")

# %% [markdown]
# ## The optimum, derived
#
# Over a whole text, the loss of negative sampling is a sum with one term per cell. The score $s = w
# \cdot c$ of a cell occurs in $n = \#(w, c)$ positive terms. It also occurs in $e = k\,\#(w)\,\#(c)
# / |D|$ negative terms in expectation, because each of the $\#(w)$ pairs of $w$ draws $k$
# negatives, and each of them is $c$ with probability $\#(c) / |D|$. The loss of the cell is
#
# $$\ell(s) = -n \ln\sigma(s) - e \ln\sigma(-s)$$
#
# Because $\frac{d}{ds} \ln\sigma(s) = \sigma(-s)$, its derivative is zero where
#
# $$n\,\sigma(-s) = e\,\sigma(s)
#   \quad\Leftrightarrow\quad \frac{\sigma(s)}{\sigma(-s)} = e^s = \frac{n}{e}
#   \quad\Leftrightarrow\quad
#   s = \ln \frac{n}{e} = \ln \frac{\#(w, c)\,|D|}{\#(w)\,\#(c)} - \ln k
#     = \mathrm{PMI}(w, c) - \ln k.$$
#
# (In the middle, $e^s$ is the exponential function.) The second derivative,
# $(n + e)\,\sigma(s)\,\sigma(-s)$, is positive, so there is no other minimum.
#
# In a running notebook, the cell below has sliders for $n$, $\#(w)$, $\#(c)$ and $k$. Here it shows
# the cell of (Frodo, ring) for two values of $k$, and what becomes of it if the pair is rarer. As
# $n$ goes to zero, so does the weight of the first term; what is left is the second, which falls
# for ever to the left, and the minimum moves to $-\infty$.

# %%
GRID = np.linspace(-8, 6, 401)
PAIRS = counts.sum()


def draw_cell(ax, n, w, c, k):
    """Draw the loss of a cell against its score, with its two terms and its minimum."""
    e = k * w * c / PAIRS
    terms = cell_loss(n, 0, GRID), cell_loss(0, e, GRID)
    ax.plot(GRID, terms[0], "--", color=plots.POSITIVE, label=r"$-n \ln\sigma(s)$")
    ax.plot(GRID, terms[1], ":", color=plots.NEGATIVE, label=r"$-e \ln\sigma(-s)$")
    ax.plot(GRID, sum(terms), color=plots.INK, label=r"$\ell(s)$")
    ax.set(xlabel="score s", xlim=(-8, 6), ylim=(0, 5 * (n + e)))
    ax.set_title(f"n = {n:g}, e = {e:.1f} (k = {k})")
    best = np.log(n / e) if n else -np.inf
    least = cell_loss(n, e, best) if n else 0
    if best > -8:
        ax.plot(best, least, "o", color=plots.INK)
        ax.axvline(best, color="gray", linewidth=0.8)
        label = {"textcoords": "offset points", "ha": "right" if best > -2 else "left"}
        ax.annotate(f"ln(n/e) = {best:.2f}", (best, 4.2 * (n + e)), (-6 if best > -2 else 6, 0),
                    **label)  # fmt: skip
    else:
        arrow = {"arrowstyle": "->", "color": plots.INK}
        ax.annotate("", (-7.8, 0.5 * e), (-4, 0.5 * e), arrowprops=arrow)
        minimum = r"$-\infty$" if not n else f"{best:.2f}"
        ax.text(-7.6, 0.8 * e, f"minimum at {minimum}")


def draw_loss(n=int(n), w=int(of_w), c=int(of_c), k=5):
    figure, ax = plt.subplots(figsize=(7, 4.2), layout="tight")
    draw_cell(ax, n, w, c, k)
    ax.legend()
    return figure


figure, axes = plt.subplots(2, 2, figsize=(9, 5.8), layout="tight")
for ax, (seen, k) in zip(axes.flat, ((n, 1), (n, 5), (1, 5), (0, 5)), strict=True):
    draw_cell(ax, seen, of_w, of_c, k)
axes[1, 1].legend(loc="upper left")
interactive.show(
    draw_loss,
    {
        "n": sorted({0, 0.001, 0.01, 0.1, 1, 2, 5, 10, 20, 50, 100, 200, int(n)}),
        "w": sorted({50, 100, 200, 300, 500, 1000, int(of_w)}),
        "c": sorted({50, 100, 200, 300, 500, 1000, int(of_c)}),
        "k": range(1, 21),
    },
    figure,
    "The loss of the cell (Frodo, ring) against its score, with its two terms, four times. For "
    "k = 1 the minimum is at 0.58, for k = 5 at -1.03. With n = 1 it is further to the left; with "
    "n = 0 only the term that falls to the left remains, and the minimum is at minus infinity.",
    {"w": "#(w)", "c": "#(c)"},
)
for k in (1, 5):
    e = k * of_w * of_c / counts.sum()
    print(f"k = {k}: n = {n}, e = {e:.2f}, ln(n/e) = {np.log(n / e):.4f}, ", end="")
    print(f"PMI - ln k = {pmi.shifted_pmi(counts, k)[frodo, ring]:.4f}")

# %% [markdown]
# ### Line by line
#
# The sheet derives the same in two displays. Below, each of its lines has its value as printed, on
# counts of a small text: first the derivative at random scores, then both sides of the equation at
# the best score. $|V|$ in the place of $|D|$ makes all lines wrong from the first one on, and each
# follows from the one before it. In a running notebook, there is a slider for the seed of the
# scores.


# %%
def draw_derivative(seed=1):
    return draw_derivation(derivations.score_gradient(seed))


interactive.show(
    draw_derivative,
    {"seed": range(21)},
    draw_derivative(),
    in_words(derivations.score_gradient(1)),
)
found = derivations.score_optimum()
plots.show(draw_derivation(found), in_words(found))

# %% [markdown]
# ## The optimum, reached
#
# The scores are dot products of vectors. Vectors with few dimensions cannot produce every matrix of
# scores, but with as many dimensions as words they can. `training.counts` minimises the sum over
# all cells without drawing any pair. Here it starts from random vectors and knows nothing of PMI.

# %%
share = counts.sum(axis=0) / counts.sum()  # the distribution of contexts, and so of negatives


def random_tables(key, size, dim):
    """Draw both tables of vectors, in float64."""
    center, context = 0.5 * jax.random.normal(key, (2, size, dim), jnp.float64)
    return EmbeddingParams(center, context)


figure, axes = plt.subplots(1, 2, figsize=(9, 4.4), sharex=True, sharey=True, layout="tight")
with jax.enable_x64(True):
    for ax, dim in zip(axes, (7, 2), strict=True):
        for k, color in ((1, plots.POSITIVE), (5, plots.NEGATIVE)):
            start = random_tables(jax.random.key(0), len(names), dim)
            params = training.counts.fit(counts, share, k, dim, passes=60, start=start)
            best = pmi.shifted_pmi(counts, k)
            scores = np.asarray(params.center @ params.context.T)
            error = np.abs(scores - best).max()
            print(f"{dim} dimensions, k = {k}: largest error {error:.0e}")
            assert dim < 7 or error < 1e-9
            ax.plot(best.ravel(), scores.ravel(), "o", color=color, ms=4, label=f"k = {k}")
        ax.axline((0, 0), slope=1, color="gray", linewidth=0.8)
        ax.set(xlabel=r"PMI $-$ ln k", title=f"{dim} dimensions")
axes[0].set_ylabel(r"$w \cdot c$ after 60 passes")
axes[0].legend()
plots.show(
    figure,
    "Scores after training against their optimum. With seven dimensions all points lie on the "
    "diagonal, for k = 1 and for k = 5. With two dimensions they are scattered around it.",
)

# %% [markdown]
# With seven dimensions, all 49 cells reach their optimum to twelve digits or more. With two
# dimensions, the scores are a compromise.
#
# ## The way there
#
# The next pictures show the way: gradient descent on the same loss, from random vectors. A cross
# is the optimum $\ln (n / e)$ of a cell, a dot its score, and a line the way that is left; squares
# have the context "the". Two things can fail, and they look different:
#
# - With a noise exponent below 1, rare words are negatives more often than they occur, and "the"
#   less often. The scores reach their crosses, but the crosses are not on the diagonal: the optimum
#   is no longer PMI $- \ln k$.
# - With too few dimensions, the crosses are on the diagonal, but the scores do not reach them.
#
# In a running notebook, there are sliders for the step, $k$, the exponent and the dimensions.

# %%
CHOICES = {
    "step": [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000],
    "k": [1, 2, 5, 15],
    "exponent": [0, 0.5, 0.75, 1],
    "dimensions": [1, 2, 3, 7],
}
drawn = np.array([
    [
        k * np.outer(counts.sum(axis=1), sampling.noise_distribution(counts.sum(axis=0), exponent))
        for exponent in CHOICES["exponent"]
    ]
    for k in CHOICES["k"]
])  # fmt: skip
optima_of_runs = np.log(counts / drawn)  # [k, exponent, center, context]
diagonals = [pmi.shifted_pmi(counts, k) for k in CHOICES["k"]]


def descend(e, dim):
    """Return the scores after each step of descent: pairs occur n times, and e are drawn."""

    def loss(params):
        scores = params.center @ params.context.T
        return optima.weighted_loss(scores, counts, e) / (counts + e).max()

    optimizer = optax.sgd(0.3, momentum=0.9, nesterov=True)
    update = training.loop.make_update(loss, optimizer)
    start = random_tables(jax.random.key(0), len(names), dim)

    def step(state, _):
        return update(state, ())[0], state.params.center @ state.params.context.T

    state = training.loop.init_state(start, optimizer)
    return jax.lax.scan(step, state, length=CHOICES["step"][-1] + 1)[1]


with jax.enable_x64(True):
    of_all = jax.vmap(jax.vmap(descend, (0, None)), (0, None))
    runs = [np.asarray(jax.jit(of_all, static_argnums=1)(drawn, d)) for d in CHOICES["dimensions"]]
    runs = [each[:, :, CHOICES["step"]] for each in runs]  # [k, exponent, step, center, context]
off = np.abs(runs[-1][:, :, -1] - optima_of_runs).max(axis=(1, 2, 3))
for k, largest in zip(CHOICES["k"], off, strict=True):
    print(f"seven dimensions, k = {k}: after the last step at most {largest:.0e} from the crosses")
assert off.max() < 0.01


def draw_points(ax, step, k, exponent, dimensions, ends=(-5, 2.5)):
    """Draw scores against PMI - ln k, with what they should become."""
    at = {name: CHOICES[name].index(value) for name, value in (
        ("step", step), ("k", k), ("exponent", exponent), ("dimensions", dimensions))}  # fmt: skip
    found = runs[at["dimensions"]][at["k"], at["exponent"], at["step"]]
    diagonal, best = diagonals[at["k"]], optima_of_runs[at["k"], at["exponent"]]
    ax.axline((0, 0), slope=1, color="gray", linewidth=0.8)
    ax.vlines(diagonal, found, best, color="0.8", linewidth=0.8)
    ax.plot(diagonal.ravel(), best.ravel(), "+", color=plots.INK, markersize=5)
    frequent = np.arange(len(diagonal)) == names.index("the")
    for some, marker, color in ((~frequent, "o", plots.POSITIVE), (frequent, "s", plots.NEGATIVE)):
        ax.plot(diagonal[:, some].ravel(), found[:, some].ravel(), marker, color=color, ms=4)
    ax.set(xlim=ends, ylim=ends, aspect="equal", xticks=range(int(ends[0]), int(ends[1]) + 1))
    ax.set_yticks(ax.get_xticks())
    off = f"at most {np.abs(found - diagonal).max():.2f}\nfrom the diagonal"
    ax.text(0.04, 0.96, off, va="top", transform=ax.transAxes, fontsize=plots.SMALL)
    return f"k = {k}, exponent {exponent:g}, {dimensions} dim., step {step}"


def draw_training(step=2000, k=5, exponent=1, dimensions=7):
    figure, ax = plt.subplots(figsize=(5.4, 5.2), layout="tight")
    title = draw_points(ax, step, k, exponent, dimensions)
    ax.set(title=title, xlabel=r"PMI $-$ ln k", ylabel=r"$w \cdot c$")
    return figure


figure, axes = plt.subplots(2, 3, figsize=(9, 6.4), sharex=True, sharey=True, layout="tight")
for ax, (step, exponent, dimensions, title) in zip(
    axes.flat,
    (
        (0, 1, 7, "7 dimensions, step 0"), (50, 1, 7, "step 50"), (2000, 1, 7, "step 2000"),
        (2000, 0.75, 7, "exponent 0.75"), (2000, 1, 2, "2 dimensions"),
        (2000, 0, 1, "exponent 0, 1 dimension"),
    ),
    strict=True,
):  # fmt: skip
    draw_points(ax, step, 1, exponent, dimensions, (-2.2, 2.2))
    ax.set_title(title)
for ax in axes[1]:
    ax.set_xlabel(r"PMI $-$ ln k")
for ax in axes[:, 0]:
    ax.set_ylabel(r"$w \cdot c$")
interactive.show(
    draw_training,
    CHOICES,
    figure,
    "Scores against PMI - ln k, six times, for k = 1. Above, seven dimensions and exponent 1: at "
    "step 0 the dots are anywhere, at step 50 near the diagonal, at step 2000 on it. Below, at the "
    "last step: with exponent 0.75 all dots are on their crosses, which lie above the diagonal for "
    "'the' and below it for the others; with two dimensions the dots are off their crosses; with "
    "exponent 0 and one dimension both are off.",
)

# %% [markdown]
# ## Pairs that never occur
#
# In this text every pair occurs. Suppose that Daenerys and Frodo never met. Then $n = 0$ in their
# two cells. All that is left of the loss is $e \ln(1 + e^s)$, which keeps falling as $s$ falls. The
# optimum is $-\infty$, and so is PMI.
#
# With `own_curvature=True` each word takes a Newton step with its own curvature. Otherwise all
# words share one curvature, which is faster for large tables but slow if cells differ as much as
# they do here.

# %%
daenerys = names.index("Daenerys")
apart = counts.copy()
apart[daenerys, frodo] = apart[frodo, daenerys] = 0
best = pmi.shifted_pmi(apart, 5)
history = []
with jax.enable_x64(True):
    problem = training.counts.problem(apart, apart.sum(axis=0) / apart.sum(), 5, np.float64)
    params = random_tables(jax.random.key(0), len(names), len(names))
    for _ in range(15):
        params, _ = training.counts.improve(params, problem, own_curvature=True)
        scores = np.asarray(params.center @ params.context.T)
        history.append((scores[daenerys, frodo], np.abs(scores - best)[apart > 0].max()))
unseen, error = np.array(history).T
for done in (1, 5, 10, 15):
    print(f"pass {done:2}: score {unseen[done - 1]:6.2f}, ", end="")
    print(f"largest error over the pairs that occur {error[done - 1]:.0e}")

print(f"2 ln 2 = {2 * np.log(2):.2f}, pass 14 to 15: {unseen[13] - unseen[14]:.2f}")

figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), sharex=True, layout="tight")
passes = np.arange(1, 16)
axes[0].plot(passes, unseen, ".-", color=plots.NEGATIVE)
lowest = best[apart > 0].min()
axes[0].axhline(lowest, color="gray", linewidth=0.8, linestyle="--")
axes[0].text(15, lowest - 0.4, "lowest optimum of\na pair that occurs", ha="right", va="top")
axes[0].set(title="(Daenerys, Frodo)", ylabel=r"$w \cdot c$", xlabel="pass", xticks=[1, 5, 10, 15])
axes[1].semilogy(passes, error, ".-", color=plots.POSITIVE)
axes[1].set(title="pairs that occur", ylabel="largest error", xlabel="pass")
plots.show(
    figure,
    "Left: the score of (Daenerys, Frodo) falls along a line and never settles. Right: the largest "
    "error over the pairs that occur falls to 2e-15 within 15 passes.",
)

# %% [markdown]
# The score never settles. From the fifth pass on, each pass lowers it by $1.39 = 2 \ln 2$: one $\ln
# 2$ comes from the step of the center, the other from the step of the context. The cell still adds
# about $e\,e^s$ to the loss, a quarter of what it added one pass before. Meanwhile the pairs that
# occur reach their optimum: to 9 digits after 10 passes, to 14 digits after 15 passes. In a real
# text, most cells are like that of Daenerys and Frodo.
#
# ## A real text
#
# We now take the built-in corpus and keep its 2,000 most frequent words; all others are left out
# before windows are formed. Two models are trained on the same objective: one draws pairs and
# negatives (`Sgns`), the other is trained on the counts of all pairs (`training.counts`, the method
# `Exact` of the package). The second starts from a singular value decomposition of the positive
# PMI, which is explained below. As in word2vec, each center draws a window of 1 to 5 words, so a
# count is an expectation: a neighbor at distance 5 counts one fifth.
#
# For the optimum to be PMI $- \ln k$, negatives must be drawn as often as words occur, and no
# occurrence may be skipped. So the noise exponent is 1 and subsampling is off.

# %%
k, dim = 5, 50
corpus = jaxtext.read(max_vocab=2000)
vocab, size = corpus.vocab, len(corpus.vocab)
counts = text.cooccurrence(corpus.text, size, window=5, dynamic=True)
print(f"{len(corpus.text.ids):,} words in the text, {counts.sum():,.0f} pairs in expectation")
print(f"{counts.nnz:,} of {size**2:,} pairs of words occur, {counts.nnz / size**2:.0%}")

noise = sampling.noise_distribution(vocab.counts, exponent=1)
objective = Objective(counts, noise, k)
plain = optimum(objective)
off = np.abs(plain.data - pmi.shifted_pmi(counts, k).data)
print(f"median difference between ln(n/e) and PMI - ln k: {np.median(off):.2f}")

# %% [markdown]
# The last number is not zero because the noise is based on how often words occur, and PMI on how
# often they occur in pairs. A word that is often the first or last of its line occurs in fewer
# pairs.

# %%
method = jaxtext.Sgns(dim, negatives=k, epochs=2, subsample=0, noise_exponent=1)
sampled = training.fit(jax.random.key(0), corpus, method)
summed = training.counts.fit(*objective, dim, passes=6)
models = {"sampled, 2 epochs": sampled, "exact, 6 passes": summed}
gaps = {name: gap.measure(params, objective) for name, params in models.items()}

print("loss above the optimum    all pairs   observed pairs")
for name, found in gaps.items():
    print(f"{name:20} {found.all.percent:13.1f}% {found.observed.percent:15.1f}%")
print("correlation with it   each pair once   by frequency")
for name, found in gaps.items():
    print(f"{name:20} {found.correlation:15.2f} {found.weighted_correlation:14.2f}")


# %%
def draw_gap(found, ax, title):
    """Draw scores against PMI - ln k, in bins twice as wide as those of `gap.measure`."""
    bins = len(found.density) // 2
    density = found.density.reshape(bins, 2, bins, 2).sum(axis=(1, 3))
    plots.draw_density(density, gap.EDGES[::2], ax, title)
    ax.set(xlim=(-8, 10), ylim=(-8, 10), xlabel=r"PMI $-$ ln k")
    ax.set(xticks=range(-8, 11, 4), yticks=range(-8, 11, 4))


figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="tight")
for ax, (name, found) in zip(axes, gaps.items(), strict=True):
    draw_gap(found, ax, name)
plots.show(
    figure,
    "Density of observed pairs by PMI - ln k and score, for both models, with the diagonal. Both "
    "clouds are flatter than the diagonal. That of the exact model is narrower, with a plume of "
    "high scores at the upper right.",
)

# %% [markdown]
# On the line, a score equals its optimum. Pairs that never occur add to the loss over all pairs but
# not to its optimum, so the percentage over all pairs is the larger one. The exact model is closer
# to the optimum by all four measures.
#
# Both clouds are flatter than the line. Where PMI is high, most scores are too low; where it is
# lowest, they are too high. How far a score is off depends on how often its pair occurs: the weight
# of a cell in the loss is $n + e$, and training spends the 50 numbers per word where they save the
# most.

# %%
row, column = np.repeat(np.arange(size), np.diff(plain.indptr)), plain.indices
scores = np.asarray(summed.center @ summed.context.T)[row, column]
print("count n      share of observed pairs   share of the counts   root mean square error")
for low, high in ((0, 1), (1, 10), (10, 100), (100, np.inf)):
    some = (counts.data > low) & (counts.data <= high)
    error = np.sqrt(np.mean((scores - plain.data)[some] ** 2))
    name = f"{low} to {high}" if high < np.inf else f"above {low}"
    print(f"{name:12} {some.mean():23.1%} ", end="")
    print(f"{counts.data[some].sum() / counts.sum():21.1%} {error:24.2f}")

high = (scores > 6) & (scores > plain.data)
expected = k * np.asarray(counts.sum(axis=1))[row] * noise[column]
print(f"\n{high.sum()} scores above 6 and above their optimum: ", end="")
print(f"{np.mean(row[high] == column[high]):.0%} are of a word with itself.")
print(f"Their median e is {np.median(expected[high]):.2f}; ", end="")
print(f"that of all observed pairs is {np.median(expected):.2f}.")

# %% [markdown]
# The rarest half of the observed pairs has 4% of the counts and the largest errors. The plume of
# the exact model at the upper right consists mostly of pairs of a word with itself. Such a word is
# seldom drawn as its own negative, and where $e$ is small, the loss hardly rises beyond the
# optimum.
#
# ## Frequent and rare words
#
# `gap.measure` also adds up the loss by the ranks of the two words. In the tables below, rows are
# centers and columns are contexts. The excess is the loss minus its optimum, over all pairs. The
# model is the exact one.

# %%
found = gaps["exact, 6 passes"]
ranks = list(dict.fromkeys(band.contexts for band in found.bands))
labels = [f"{first:,}-{last:,}" for first, last in ranks]
sizes = np.array([last - first + 1 for first, last in ranks])


def by_band(values):
    return np.array(values).reshape(len(ranks), len(ranks))


pairs = by_band([band.pairs for band in found.bands])
above = by_band([band.all.percent for band in found.bands])
excess = by_band([band.all.objective - band.all.optimum for band in found.bands])
each = pairs / np.outer(sizes, sizes)
part = 100 * excess / excess.sum()
figure, axes = plt.subplots(3, 1, figsize=(7, 7), layout="tight")
plots.draw_table(each, labels, labels, axes[0], title="average count of a pair")
plots.draw_table(above, labels, labels, axes[1], digits=0, title="loss above the optimum, %")
plots.draw_table(part, labels, labels, axes[2], digits=0, title="share of the excess, %")
plots.show(
    figure,
    "Three tables by the ranks of center and context: 1 to 100, 101 to 1,000 and 1,001 to 2,000. "
    "The average count falls steeply from frequent to rare words, the loss above the optimum rises "
    "steeply, and the share of the excess is largest for words of the middle ranks.",
)
for name, place in (("two frequent", 0), ("two rare", -1)):
    print(f"{name + ' words:':19} average count {each[place, place]:.2f}, loss ", end="")
    print(f"{above[place, place]:.0f}% above its optimum, {part[place, place]:.0f}% of the excess")
print(f"rare words with rare words: {sizes[-1] ** 2 / size**2:.0%} of the pairs of words, ", end="")
print(f"{pairs[-1, -1] / pairs.sum():.1%} of the counts")

# %% [markdown]
# Pairs of two frequent words are within about one percent of their optimum. Pairs of two rare words
# are far from it: their loss is about three times the optimum. Such a pair has a count of 0.06 on
# average. Most of these pairs never occur and have an optimum of $-\infty$; a few do occur and have
# a high optimum. Which ones occur cannot be encoded in 50 numbers per word. But these pairs have
# few observations, so they account for only 6% of the excess. Most of the excess comes from pairs
# in which at least one word has a rank from 101 to 1,000.
#
# ## Smoothed noise
#
# word2vec draws its negatives in proportion to the counts to the power of 0.75. Then
# $e = k\,\#(w)\,P_{0.75}(c)$, and the optimum is
#
# $$\ln \frac{n}{e} = \mathrm{PMI}(w, c) - \ln k + \ln \frac{P_1(c)}{P_{0.75}(c)}.$$
#
# The last term depends only on the context. It is known before any training, and the line below
# shows it. The dots show what training makes of it. Each dot is a context, and its height is the
# average, over the observed pairs, of the score with exponent 0.75 minus the score with exponent 1.

# %%
smooth = sampling.noise_distribution(vocab.counts, exponent=0.75)
shift = np.log(noise / smooth)
smooth_objective = Objective(counts, smooth, k)
smooth_optimum = optimum(smooth_objective)
assert np.allclose(smooth_optimum.data - plain.data, shift[column])
summed_smooth = training.counts.fit(*smooth_objective, dim, passes=6)

moved = np.asarray(summed_smooth.center @ summed_smooth.context.T)[row, column] - scores
moved = np.bincount(column, moved) / np.bincount(column)
rank = np.arange(1, size + 1)
figure, ax = plt.subplots(figsize=(7, 4))
ax.semilogx(rank, moved, ".", color=plots.POSITIVE, markersize=2, label="average after training")
ax.semilogx(rank, shift, color=plots.NEGATIVE, label=r"$\ln(P_1(c)\,/\,P_{0.75}(c))$")
ax.axhline(0, color="gray", linewidth=0.8)
ax.set(xlabel="rank of the context", ylabel="change of the score")
ax.legend()
plots.show(
    figure,
    "Change of the score against the rank of the context. A line falls from 0.99 for the most "
    "frequent context to -0.81 for the rarest, and a dot per context follows it closely.",
)
print(f"rank 1: {shift[0]:.2f}, rank {size:,}: {shift[-1]:.2f}, ", end="")
print(f"negative from rank {rank[shift < 0][0]} on")
print(f"correlation of the dots with the line: {np.corrcoef(moved, shift)[0, 1]:.2f}")

# %% [markdown]
# Frequent contexts gain and rare ones lose. Compared with plain PMI $- \ln k$, which is no longer
# its optimum, the model with smoothed noise has lower scores, because most observed pairs have a
# context that loses.

# %%
against = gap.measure(summed_smooth, objective)
figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="tight")
for ax, one, exponent in zip(axes, (found, against), (1, 0.75), strict=True):
    draw_gap(one, ax, f"exact, exponent {exponent}")
plots.show(
    figure,
    "Density of observed pairs by PMI - ln k and score, for exponent 1 and 0.75. With 0.75 the "
    "cloud lies lower.",
)
print(f"{np.mean(shift[column] < 0):.0%} of the observed pairs have a context that loses")


def top_ranks(scores):
    """Return the median rank, over all centers, of the ten contexts with the highest scores."""
    return np.median(np.argsort(-scores, axis=1)[:, :10]) + 1


def dense(matrix):
    return np.where(counts.toarray() > 0, matrix.toarray(), -np.inf)


print("median rank of a word's ten highest contexts")
print("exponent   optimum   exact")
for exponent, best, params in ((1, plain, summed), (0.75, smooth_optimum, summed_smooth)):
    of_model = top_ranks(np.asarray(params.center @ params.context.T))
    print(f"{exponent:8} {top_ranks(dense(best)):9.0f} {of_model:7.0f}")

# %% [markdown]
# PMI prefers rare contexts: one chance meeting of two rare words gives a higher PMI than many
# meetings of frequent words. Smoothing takes back some of that. The contexts with the highest
# scores are now more frequent words.
#
# ## The same matrix by SVD
#
# If the product of the two tables approximates a known matrix, why not factorize that matrix
# directly? The singular value decomposition (SVD) $U \Sigma V^\top$, cut off after $D$ singular
# values, is the matrix of rank $D$ with the smallest squared error. It cannot be applied to
# $-\infty$. We therefore take the positive part of PMI $- \ln k$ and set all other cells to zero.

# %%
matrix = pmi.positive(plain)
svd = factorization.truncated_svd(matrix, dim)
models["SVD"] = factorization.vectors(svd, power=0.5)
gaps["SVD"] = gap.measure(models["SVD"], objective)
print(f"{matrix.nnz:,} of {size**2:,} cells are positive, {matrix.nnz / size**2:.0%}\n")

target = matrix.toarray()
print("                   loss above the optimum   squared error per cell")
squares = {}
for name, params in models.items():
    squares[name] = np.mean((np.asarray(params.center @ params.context.T) - target) ** 2)
    print(f"{name:20} {gaps[name].all.percent:19.1f}% {squares[name]:24.3f}")
assert min(squares, key=squares.get) == "SVD"

# %% [markdown]
# Each model is best at what it minimises and poor at the other criterion. Where a pair never
# occurs, the squared error is smallest at zero, while negative sampling prefers a score as low as
# possible. The squared error gives all cells the same weight, while negative sampling gives a cell
# the weight $n + e$. So there is one matrix, but more than one way to factorize it.
#
# Latent semantic analysis takes the same step with another matrix: it has a row per word, a column
# per document, weighted counts as its entries, and $U \Sigma$ as the word vectors. Writing the
# product as $(U \Sigma^p)(V \Sigma^{1 - p})^\top$, the singular values can be divided between the
# tables in other ways. Here $p$ is one half. The loss of negative sampling also depends only on the
# product, and does not say how to divide it. `training.counts` therefore divides it in the same
# way, by the decomposition of its own scores.

# %%
named = {
    name: jaxtext.Embeddings(vocab, params.center, params.context)
    for name, params in models.items()
}
for word in ("matrix", "gradient", "file", "random"):
    print(word)
    for name, model in named.items():
        answers = jaxtext.neighbors(model, word, top=5)
        print(f"  {name:18}", ", ".join(f"{near} {cosine:.2f}" for near, cosine in answers))

words = vocab.words[100:600]
nearest = [
    [{near for near, _ in answers} for answers in jaxtext.neighbors(model, words, top=10)]
    for model in named.values()
]
common = [
    [np.mean([len(a & b) for a, b in zip(one, other, strict=True)]) for other in nearest]
    for one in nearest
]
figure, ax = plt.subplots(figsize=(8, 2.8))
plots.draw_table(common, list(named), list(named), ax, digits=1)
ax.set_title("common neighbors out of ten, words of rank 101 to 600")
plots.show(
    figure,
    "A table of how many of the ten nearest words two models have in common, on average: most for "
    "the two models of negative sampling, fewest for the sampled model and SVD.",
)

# %% [markdown]
# The center vectors of all three models give sensible neighbors, but not the same ones. The two
# models that minimise the loss of negative sampling have more neighbors in common with each other
# than with SVD.
#
# ## Conclusion
#
# - If the scores are free, every pair occurs and negatives are drawn as contexts occur, the best
#   score of a pair is $\ln (n / e)$, which is PMI $- \ln k$. Training finds it without knowing it.
# - The best score of a pair that never occurs is $-\infty$. In a real text, most pairs are of this
#   kind.
# - With 50 dimensions for 2,000 words, the scores only approximate the optimum. They are close
#   where pairs are frequent, and far off where they are rare.
# - Smoothed noise adds a summand per context. The singular value decomposition approximates a
#   related matrix by another criterion, and gives other neighbors.
#
# ## Things to try
#
# The commands below do this with the whole vocabulary and 100 dimensions. They divide the singular
# values in other ways, which changes the neighbors but no score.
#
#     jaxtext train --method exact --noise-exponent 1 --subsample 0 --out runs/exact
#     jaxtext gap runs/exact --figure gap.png
#     jaxtext train --method svd --subsample 0 --out runs/svd
#     jaxtext neighbors runs/svd matrix
#
# - Take more dimensions (`dim`). How fast does the excess fall, and for which ranks?
# - Train the sampled model for more epochs. Does it come as close as the exact model?
# - Choose another $k$. The optimum moves by $\ln k$, but do the neighbors change?
# - Pass `power=0` and `power=1` to `factorization.vectors`. The scores stay as they are. Do the
#   neighbors?
