# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Embeddings as a factorization of PMI
#
# Skip-gram trains two tables of vectors, $W$ for centers and $W'$ for contexts. All scores
# $w \cdot c$ together are the matrix $M = W W'^\top$. The exercise sheet asks which matrix that is,
# and answers: PMI $- \ln k$. Here this is derived, and met exactly on a text of seven words. Then
# comes a real text, to see how near 50 dimensions get, and where they do not.

# %%
import tempfile
from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from jaxtext import (
    EmbeddingParams,
    embeddings,
    factorization,
    gap,
    plots,
    pmi,
    query,
    sampling,
    text,
    training,
)
from jaxtext.training import exact

plt.rcParams["figure.dpi"] = 80

# %% [markdown]
# ## From counts to PMI
#
# The text is made up, so that we know what is in it. A third of all words is "the". The others come
# from one of three stories a line, with strangers now and then.

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
# $\#(w, c)$ is the number of times that $c$ is at most two places away from $w$. The sum of a row
# is $\#(w)$, that of a column $\#(c)$, and all pairs together are $|D|$. PMI compares how often a
# pair occurs with how often it would if the two words had nothing to do with each other:
#
# $$\mathrm{PMI}(w, c) = \ln \frac{p(w, c)}{p(w)\,p(c)} = \ln \frac{\#(w, c)\,|D|}{\#(w)\,\#(c)}$$

# %%
small_vocab = text.Vocab.build(lines, min_count=1)
order = small_vocab.encode(names)  # the vocabulary is sorted by frequency, the figures by story
counts = text.cooccurrence(text.encode_sentences(lines, small_vocab), len(names), window=2)
counts = counts.toarray()[np.ix_(order, order)]

figure, axes = plt.subplots(1, 3, figsize=(13, 2.9), layout="tight")
plots.draw_table(counts, names, names, axes[0], digits=0, title=r"$\#(w, c)$")
plots.draw_table(pmi.pmi(counts), names, names, axes[1], largest=3, title="PMI")
shifted = pmi.shifted_pmi(counts, 5)
plots.draw_table(shifted, names, names, axes[2], largest=3, title=r"PMI $-$ ln 5")
for ax in axes:
    ax.tick_params(labelsize=7)
plt.show()

frodo, ring = names.index("Frodo"), names.index("ring")
n, of_w, of_c = counts[frodo, ring], counts[frodo].sum(), counts[:, ring].sum()
print(f"(Frodo, ring): ln({n} * {counts.sum()} / ({of_w} * {of_c})) ", end="")
print(f"= {np.log(n * counts.sum() / (of_w * of_c)):.2f}")

# %% [markdown]
# The largest counts are those of "the", because it is frequent. Its PMI is between -0.10 and 0.07:
# it stands beside every word about as often as chance has it. The words of one story have a PMI of
# 0.53 and more, those of two stories one of 0.05 and less. The shift by $\ln 5 = 1.61$ moves all
# cells down and leaves their differences alone. Blue and brown have the same scale in both.
#
# The sheet writes $|V|$, the size of the vocabulary, where $|D|$ belongs. Here that would take
# $\ln(2160 / 7) = 5.73$ away from every cell.
#
# ## The optimum, derived
#
# Of a whole text, the loss of negative sampling falls apart into one problem for each cell. A score
# $s = w \cdot c$ stands in $n = \#(w, c)$ positive terms, and in expectation in
# $e = k\,\#(w)\,\#(c) / |D|$ negative ones, since each of the $\#(w)$ pairs of $w$ draws $k$
# negatives and each is $c$ with probability $\#(c) / |D|$:
#
# $$\ell(s) = -n \ln\sigma(s) - e \ln\sigma(-s)$$
#
# With $\frac{d}{ds} \ln\sigma(s) = \sigma(-s)$ the derivative is zero where
#
# $$n\,\sigma(-s) = e\,\sigma(s)
#   \quad\Leftrightarrow\quad \frac{\sigma(s)}{\sigma(-s)} = e^s = \frac{n}{e}
#   \quad\Leftrightarrow\quad
#   s = \ln \frac{n}{e} = \ln \frac{\#(w, c)\,|D|}{\#(w)\,\#(c)} - \ln k
#     = \mathrm{PMI}(w, c) - \ln k.$$
#
# (In the middle $e^s$ is the exponential.) The second derivative, $(n + e)\,\sigma(s)\,\sigma(-s)$,
# is positive: there is no other minimum.

# %%
scores = np.linspace(-6, 4, 401)
figure, ax = plt.subplots(figsize=(6, 3.4))
for k, color in ((1, plots.POSITIVE), (5, plots.NEGATIVE)):
    e = k * of_w * of_c / counts.sum()
    loss = n * np.logaddexp(0, -scores) + e * np.logaddexp(0, scores)
    best = np.log(n / e)
    least = n * np.logaddexp(0, -best) + e * np.logaddexp(0, best)
    ax.plot(scores, loss, color=color, label=f"k = {k}")
    ax.plot(best, least, "o", color=color)
    ax.annotate(f"s = {best:.2f}", (best, least), (0, 9), textcoords="offset points",
                ha="center", color=color, fontsize=9)  # fmt: skip
    print(f"k = {k}: n = {n}, e = {e:.2f}, ln(n/e) = {best:.4f}, ", end="")
    print(f"PMI - ln k = {pmi.shifted_pmi(counts, k)[frodo, ring]:.4f}")
ax.set(xlabel="score s of (Frodo, ring)", ylabel=r"$\ell(s)$", ylim=(0, 220))
ax.legend()
plt.show()

# %% [markdown]
# ## The optimum, met
#
# The scores are products of vectors, and vectors of few dimensions cannot have all scores at once.
# With as many dimensions as words they can. `training.exact` minimises the sum over all cells,
# without drawing anything. Here it begins with random vectors and knows nothing of PMI.

# %%
share = counts.sum(axis=0) / counts.sum()  # of each context, the distribution of the negatives


def random_tables(key, size, dim):
    """Vectors in float64."""
    center, context = 0.5 * jax.random.normal(key, (2, size, dim), jnp.float64)
    return EmbeddingParams(center, context)


figure, axes = plt.subplots(1, 2, figsize=(7, 3.2), sharex=True, sharey=True, layout="tight")
with jax.enable_x64(True):
    for ax, dim in zip(axes, (7, 2), strict=True):
        for k, color in ((1, plots.POSITIVE), (5, plots.NEGATIVE)):
            start = random_tables(jax.random.key(0), len(names), dim)
            params = exact.fit(counts, share, k, dim, passes=60, start=start)
            optimum = pmi.shifted_pmi(counts, k)
            scores = np.asarray(params.center @ params.context.T)
            error = np.abs(scores - optimum).max()
            print(f"{dim} dimensions, k = {k}: largest error {error:.0e}")
            assert dim < 7 or error < 1e-9
            ax.plot(optimum.ravel(), scores.ravel(), "o", color=color, ms=4, label=f"k = {k}")
        ax.axline((0, 0), slope=1, color="gray", linewidth=0.8)
        ax.set(xlabel=r"PMI $-$ ln k", title=f"{dim} dimensions")
axes[0].set_ylabel(r"$w \cdot c$ after 60 passes")
axes[0].legend()
plt.show()

# %% [markdown]
# With seven dimensions all 49 cells are right to twelve digits and more. With two, the scores are a
# compromise.
#
# ## Pairs that never occur
#
# In this text every pair occurs. Suppose that Daenerys and Frodo never met. Then $n = 0$ in their
# two cells, what is left of the loss is $e \ln(1 + e^s)$, and that falls for ever as $s$ falls. The
# optimum is $-\infty$, as PMI is.
#
# With `own_curvature` each word takes a Newton step of its own. Without it, all words share one
# curvature. That is quicker for large tables, and slow where cells differ as much as here.

# %%
daenerys = names.index("Daenerys")
apart = counts.copy()
apart[daenerys, frodo] = apart[frodo, daenerys] = 0
optimum = pmi.shifted_pmi(apart, 5)
history = []
with jax.enable_x64(True):
    problem = exact.problem(apart, apart.sum(axis=0) / apart.sum(), 5, np.float64)
    params = random_tables(jax.random.key(0), len(names), len(names))
    for _ in range(15):
        params, _ = exact.improve(params, problem, own_curvature=True)
        scores = np.asarray(params.center @ params.context.T)
        history.append((scores[daenerys, frodo], np.abs(scores - optimum)[apart > 0].max()))
unseen, error = np.array(history).T
for done in (1, 5, 10, 15):
    print(f"pass {done:2}: score {unseen[done - 1]:6.2f}, ", end="")
    print(f"largest error of the cells that occur {error[done - 1]:.0e}")

figure, axes = plt.subplots(1, 2, figsize=(8.5, 3), sharex=True, layout="tight")
passes = np.arange(1, 16)
axes[0].plot(passes, unseen, ".-", color=plots.NEGATIVE)
lowest = optimum[apart > 0].min()
axes[0].axhline(lowest, color="gray", linewidth=0.8, linestyle="--")
axes[0].text(15, lowest + 0.4, "lowest optimum of a pair that occurs", fontsize=8, ha="right")
axes[0].set(title="(Daenerys, Frodo)", ylabel=r"$w \cdot c$", xlabel="pass", xticks=[1, 5, 10, 15])
axes[1].semilogy(passes, error, ".-", color=plots.POSITIVE)
axes[1].set(title="cells that occur", ylabel="largest error", xlabel="pass")
plt.show()

# %% [markdown]
# The score has no place to stop at. From the fifth pass on it falls by 1.39 in each, which is
# $2 \ln 2$: one $\ln 2$ from the step of the center, one from that of the context. What the cell
# still adds to the loss is about $e\,e^s$, a quarter of what it was a pass before. Meanwhile the
# cells that occur reach their optimum: after 10 passes 9 digits are right, after 15 passes 14. Of a
# real text most cells are like that of Daenerys and Frodo.
#
# ## A real text
#
# The built-in corpus, with its 2,500 most frequent words; all others are left out before windows
# are formed. Two models have the same objective: one draws pairs and negatives (`training.stream`),
# one is trained on the counts (`training.exact`). The second begins with a singular value
# decomposition of the positive PMI, of which more below. As in word2vec, each center draws a window
# of 1 to 5, so that a count is an expectation: a neighbor at distance 5 counts a fifth.
#
# For the optimum to be PMI $- \ln k$, negatives have to be drawn as often as words occur, and no
# word may be thinned out. So the noise exponent is 1, and subsampling is off.

# %%
k, dim = 5, 50
folder = Path(tempfile.mkdtemp())
blocks = text.read_blocks([str(text.builtin_corpus())])
corpus = text.encode_corpus(blocks, folder, max_vocab=2500)
vocab, size = corpus.vocab, len(corpus.vocab)
counts = text.cooccurrence(corpus.text, size, window=5, dynamic=True)
print(f"{len(corpus.text.ids):,} words, {counts.sum():,.0f} pairs expected")
print(f"{counts.nnz:,} of {size**2:,} cells occur, {counts.nnz / size**2:.0%}")

noise = sampling.noise_distribution(vocab.counts, exponent=1)
objective = gap.Objective(counts, noise, k)
plain = gap.optimum(objective)
off = np.abs(plain.data - pmi.shifted_pmi(counts, k).data)
print(f"ln(n/e) and PMI - ln k differ by {np.median(off):.2f} in the median")

# %% [markdown]
# The last line is not zero since the noise counts the words of the text, and PMI their pairs: a
# word that is often the first or last of its line is in fewer pairs.

# %%
config = training.stream.StreamConfig(dim, negatives=k, epochs=2, subsample=0, noise_exponent=1)
sampled = training.stream.fit(jax.random.key(0), corpus.text, vocab.counts, config)
summed = exact.fit(counts, noise, k, dim, passes=6)
models = {"sampled, 2 epochs": sampled, "exact, 6 passes": summed}
gaps = {name: gap.measure(params, objective) for name, params in models.items()}

print("loss above the optimum    all cells   observed cells")
for name, found in gaps.items():
    print(f"{name:20} {found.all.percent:13.1f}% {found.observed.percent:15.1f}%")
print("correlation with it   each cell once   as it occurs")
for name, found in gaps.items():
    print(f"{name:20} {found.correlation:15.2f} {found.weighted_correlation:14.2f}")


# %%
def draw_gap(found, ax, title):
    """Scores against PMI - ln k, in bins twice as wide as those that were counted."""
    bins = len(found.density) // 2
    density = found.density.reshape(bins, 2, bins, 2).sum(axis=(1, 3))
    plots.draw_density(density, gap.EDGES[::2], ax, title)
    ax.set(xlim=(-8, 10), ylim=(-8, 10), xlabel=r"PMI $-$ ln k")
    ax.set(xticks=range(-8, 11, 4), yticks=range(-8, 11, 4))


figure, axes = plt.subplots(1, 2, figsize=(8, 3.5), layout="tight")
for ax, (name, found) in zip(axes, gaps.items(), strict=True):
    draw_gap(found, ax, name)
plt.show()

# %% [markdown]
# On the line a score is at its optimum. Pairs that never occur add to the loss over all cells, and
# nothing to the optimum, so that the percentage of all cells is the larger one. The exact model is
# nearer in all four numbers.
#
# Both clouds are flatter than the line. Where PMI is high most scores are too low, and where it is
# lowest they are too high. How far a score is off depends on how often its pair occurs. The loss of
# a cell is weighed by its $n + e$, and 50 numbers a word are spent where they save most.

# %%
row, column = np.repeat(np.arange(size), np.diff(plain.indptr)), plain.indices
scores = np.asarray(summed.center @ summed.context.T)[row, column]
print("pairs n      part of the observed cells   of the pairs   root mean square error")
for low, high in ((0, 1), (1, 10), (10, 100), (100, np.inf)):
    some = (counts.data > low) & (counts.data <= high)
    error = np.sqrt(np.mean((scores - plain.data)[some] ** 2))
    name = f"{low} to {high}" if high < np.inf else f"above {low}"
    print(f"{name:12} {some.mean():26.1%} ", end="")
    print(f"{counts.data[some].sum() / counts.sum():14.1%} {error:24.2f}")

high = (scores > 6) & (scores > plain.data)
expected = k * np.asarray(counts.sum(axis=1))[row] * noise[column]
print(f"\n{high.sum()} scores above 6 and above their optimum: ", end="")
print(f"{np.mean(row[high] == column[high]):.0%} of a word with itself,")
print(f"median e {np.median(expected[high]):.2f}, of all observed cells {np.median(expected):.2f}")

# %% [markdown]
# The rarest half of the observed cells has 5% of the pairs, and the largest errors. The plume of
# the exact model at the upper right is mostly words beside themselves. Such a word is seldom drawn
# as its own negative, and where $e$ is small the loss hardly rises beyond the optimum.
#
# ## Frequent and rare words
#
# `gap.measure` also adds up the cells by the ranks of their words. Rows are centers, columns
# contexts; the excess is the loss minus the optimum, over all cells. The model is the exact one.

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
figure, axes = plt.subplots(1, 3, figsize=(10.5, 2.2), layout="tight")
each = pairs / np.outer(sizes, sizes)
plots.draw_table(each, labels, labels, axes[0], title="pairs a cell")
plots.draw_table(above, labels, labels, axes[1], digits=0, title="above the optimum, %")
part = 100 * excess / excess.sum()
plots.draw_table(part, labels, labels, axes[2], digits=0, title="part of the whole excess, %")
plt.show()
print(f"rare with rare: {sizes[-1] ** 2 / size**2:.0%} of the cells, ", end="")
print(f"{pairs[-1, -1] / pairs.sum():.1%} of the pairs")

# %% [markdown]
# Frequent words with frequent ones are at their optimum within about one percent. Rare words with
# rare ones are far away: the loss is several times the optimum. A cell there has 0.04 pairs on
# average. Most have none, and an optimum of $-\infty$; a few have some, and a high one. Which ones
# have some cannot be told by 50 numbers a word. But there are few observations in these cells, and
# so they have only 8% of the excess. Most of it lies between the two.
#
# ## Smoothed noise
#
# word2vec draws its negatives from counts to the power 0.75. Then $e = k\,\#(w)\,P_{0.75}(c)$, and
# the optimum is
#
# $$\ln \frac{n}{e} = \mathrm{PMI}(w, c) - \ln k + \ln \frac{P_1(c)}{P_{0.75}(c)}.$$
#
# The last term depends on the context alone. It is known before anything is trained, and the line
# below shows it. The dots show what training makes of it: for each context, by how much the scores
# of a model with exponent 0.75 are above those of the one with exponent 1, on average over the
# observed pairs.

# %%
smooth = sampling.noise_distribution(vocab.counts, exponent=0.75)
shift = np.log(noise / smooth)
smooth_optimum = gap.optimum(gap.Objective(counts, smooth, k))
assert np.allclose(smooth_optimum.data - plain.data, shift[column])
summed_smooth = exact.fit(counts, smooth, k, dim, passes=6)

moved = np.asarray(summed_smooth.center @ summed_smooth.context.T)[row, column] - scores
moved = np.bincount(column, moved) / np.bincount(column)
rank = np.arange(1, size + 1)
figure, ax = plt.subplots(figsize=(6, 3))
ax.semilogx(rank, moved, ".", color=plots.POSITIVE, markersize=2, label="scores, after training")
ax.semilogx(rank, shift, color=plots.NEGATIVE, label=r"$\ln(P_1(c)\,/\,P_{0.75}(c))$")
ax.axhline(0, color="gray", linewidth=0.8)
ax.set(xlabel="rank of the context", ylabel="exponent 0.75 minus 1")
ax.legend()
plt.show()
print(f"rank 1: {shift[0]:.2f}, rank {size:,}: {shift[-1]:.2f}, ", end="")
print(f"below zero from rank {rank[shift < 0][0]} on")
print(f"correlation of dots and line: {np.corrcoef(moved, shift)[0, 1]:.2f}")

# %% [markdown]
# Frequent contexts gain, rare ones lose. Against plain PMI $- \ln k$, which is no longer its
# optimum, the model with smoothed noise lies lower: most observed cells have a context that loses.

# %%
against = gap.measure(summed_smooth, objective)
figure, axes = plt.subplots(1, 2, figsize=(8, 3.5), layout="tight")
for ax, one, exponent in zip(axes, (found, against), (1, 0.75), strict=True):
    draw_gap(one, ax, f"exact, exponent {exponent}")
plt.show()
print(f"{np.mean(shift[column] < 0):.0%} of the observed cells have a context that loses")


def top_ranks(scores):
    """The median rank of the ten contexts with the highest scores, over all centers."""
    return np.median(np.argsort(-scores, axis=1)[:, :10]) + 1


def dense(matrix):
    return np.where(counts.toarray() > 0, matrix.toarray(), -np.inf)


print("median rank of a word's ten highest contexts")
print("exponent   optimum   exact")
for exponent, best, params in ((1, plain, summed), (0.75, smooth_optimum, summed_smooth)):
    of_model = top_ranks(np.asarray(params.center @ params.context.T))
    print(f"{exponent:8} {top_ranks(dense(best)):9.0f} {of_model:7.0f}")

# %% [markdown]
# PMI prefers rare contexts: one chance meeting of two rare words is worth more than
# many of frequent ones. Smoothing takes some of that back. The contexts with the highest scores of
# a word become more frequent ones.
#
# ## The same matrix by SVD
#
# If the product of both tables approximates a known matrix, why not factorize that one? The
# singular value decomposition $U \Sigma V^\top$, cut off after $D$ singular values, is the product
# of rank $D$ with the smallest squared error. It cannot take $-\infty$. Its matrix is the positive
# part of PMI $- \ln k$, with zeros for all else.

# %%
matrix = pmi.positive(plain)
svd = factorization.truncated_svd(matrix, dim)
models["SVD"] = factorization.vectors(svd, power=0.5)
gaps["SVD"] = gap.measure(models["SVD"], objective)
print(f"{matrix.nnz:,} of {size**2:,} cells are above zero, {matrix.nnz / size**2:.0%}\n")

target = matrix.toarray()
print("                   loss above the optimum   squared error a cell")
squares = {}
for name, params in models.items():
    squares[name] = np.mean((np.asarray(params.center @ params.context.T) - target) ** 2)
    print(f"{name:20} {gaps[name].all.percent:19.1f}% {squares[name]:22.3f}")
assert min(squares, key=squares.get) == "SVD"

# %% [markdown]
# Each is best at what it minimises, and bad at the other. The squared error asks for zero where a
# pair never occurs, and weighs all cells alike. Negative sampling asks for less than any number
# there, and weighs a cell by $n + e$. So it is one matrix, but not one factorization of it.
#
# Latent semantic analysis is the same step with another matrix: words and documents, weighted
# counts, and $U \Sigma$ as vectors of the words. With $(U \Sigma^p)(V \Sigma^{1 - p})^\top$ the
# singular values can be shared out in other ways. Here $p$ is one half. The loss of negative
# sampling depends on the product alone, too, and leaves open which two tables are meant.
# `training.exact` therefore chooses them in the same way, by the decomposition of its own scores.

# %%
named = {
    name: embeddings.Embeddings(vocab, np.asarray(params.center), np.asarray(params.context))
    for name, params in models.items()
}
for word in ("matrix", "gradient", "file", "random"):
    print(word)
    for name, model in named.items():
        (answers,) = query.neighbors(model, [word], top=5)
        print(f"  {name:18}", ", ".join(f"{near} {cosine:.2f}" for near, cosine in answers))

words = vocab.words[100:600]
nearest = [
    [{near for near, _ in answers} for answers in query.neighbors(model, words, top=10)]
    for model in named.values()
]
common = [
    [np.mean([len(a & b) for a, b in zip(one, other, strict=True)]) for other in nearest]
    for one in nearest
]
figure, ax = plt.subplots(figsize=(4.6, 1.8))
plots.draw_table(common, list(named), list(named), ax, digits=1)
ax.set_title("of ten neighbors in common, ranks 101 to 600", fontsize=9)
plt.show()

# %% [markdown]
# All three give sensible neighbors, by their center vectors, and they are not the same. The two
# that minimise the loss of negative sampling have more in common with each other than with SVD.
#
# ## What to try
#
# The commands do this with the whole vocabulary and 100 dimensions. They share out the singular
# values in other ways, which moves the neighbors and no score.
#
#     jaxtext train --method exact --noise-exponent 1 --subsample 0 --out runs/exact
#     jaxtext gap runs/exact --figure gap.png
#     jaxtext train --method svd --subsample 0 --out runs/svd
#     jaxtext neighbors runs/svd matrix
#
# - More dimensions (`dim`): how fast does the excess fall, and in which bands?
# - More epochs of sampling: does it come as near as the exact model?
# - Another $k$: the optimum moves by $\ln k$. Do the neighbors change?
# - `power=0` and `power=1` in `factorization.vectors`: the scores stay as they are, the neighbors
#   do not.
