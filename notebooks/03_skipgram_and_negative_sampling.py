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
# # Skip-gram and negative sampling
#
# Skip-gram learns vectors by predicting the neighbors of a word. We first do this with the full
# softmax, in numbers that can be followed by hand, and then with negative sampling, which is used
# in practice. The second half asks what negative sampling learns, and trains until the answer can
# be seen.
#
# The examples are from Exercise 02 of the course Advanced Methods in Text Analytics (University of
# Mannheim, FSS 2025), which we call *the sheet*. Its parts on the basics and the training of
# skip-gram are the subject of the first half, and its part on matrix factorization begins in the
# second.

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from scipy.special import xlogy

import jaxtext
from jaxtext import EmbeddingParams, plots, pmi, sampling, sgns, skipgram, text
from jaxtext.reports import interactive
from jaxtext.reports.derivations import draw_derivation, in_words
from jaxtext.training import counting, fit
from jaxtext.verification import gradients, optima, oracles
from jaxtext.verification.sheet import derivations, examples

jax.config.update("jax_enable_x64", True)
plt.rcParams.update(plots.STYLE)

# %% [markdown]
# ## From a sentence to pairs
#
# Each word is the center once. Its contexts are the words at most two places away; near the ends of
# the sentence there are fewer. Each pair (center, context) is one training example. (The sheet
# lists the first 13 of the 30, and counts "The" and "the" as two words, as we do here.)

# %%
sentence = examples.SENTENCE
places = text.pairs(np.arange(len(sentence)), window=2)  # pairs of positions, not of words
for t, center in enumerate(sentence):
    contexts = [sentence[u] for u in places[places[:, 0] == t, 1]]
    print(f"{center:>6}: {', '.join(contexts)}")
print(len(places), "pairs")

# %%
grid = np.zeros((len(sentence), len(sentence)))
grid[tuple(places.T)] = 1
figure, ax = plt.subplots(figsize=(5.5, 4.6))
ax.imshow(grid, cmap="Blues", vmax=1.5)
ax.set_xticks(range(len(sentence)), sentence, rotation=60)
ax.set_yticks(range(len(sentence)), sentence)
ax.set(xlabel="context", ylabel="center")
plots.show(
    figure,
    "A square for each pair of places in the sentence, colored if it is a training example: a band "
    "of two places on either side of the diagonal, without the diagonal itself.",
)

# %% [markdown]
# ## The full softmax, by hand
#
# Each word has two vectors: a row of $W$ for its use as a center and a row of $W'$ for its use as a
# context. The score of a pair is the dot product $w \cdot c$, and the probability of a context is
#
# $$p(c \mid w) = \frac{\exp(w \cdot c)}{\sum_{v \in V} \exp(w \cdot c_v)}.$$
#
# With 101,425 words and 300 dimensions, the model has 60,855,000 parameters. The example of the
# sheet has six words and three dimensions.

# %%
print(f"{skipgram.parameter_count(101_425, 300):,} parameters")
words = examples.VOCABULARY
params = EmbeddingParams(jnp.asarray(examples.CENTER), jnp.asarray(examples.CONTEXT))
frodo, ring = words.index("Frodo"), words.index("ring")

figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="tight")
plots.draw_table(params.center, words, None, axes[0], title="$W$, centers")
plots.draw_table(params.context, words, None, axes[1], title="$W'$, contexts")
plots.show(
    figure,
    "Both tables of the sheet, with a row of three numbers for each of the words Daenerys, Frodo, "
    "ring, dragon, Picard and ship. All numbers are between 0 and 1.",
)

# %% [markdown]
# What is the loss of the pair (Frodo, ring)? Frodo's center vector is the second row of $W$, the
# row that multiplication by Frodo's one-hot vector selects. Its dot products with all rows of $W'$
# are the logits, and the loss is
#
# $$-\ln p(\text{ring} \mid \text{Frodo})
#   = -w_\text{Frodo} \cdot c_\text{ring} + \ln \sum_{v \in V} \exp(w_\text{Frodo} \cdot c_v).$$
#
# (The sheet's formula has rows of $W$ throughout, but its logits are computed with $W'$, as they
# are here.)

# %%
logits = np.asarray(skipgram.logits(params, frodo))
powers = np.exp(logits)
p = np.asarray(skipgram.probabilities(params, frodo))
print("context     logit     exp        p")
for v, word in enumerate(words):
    print(f"{word:9} {logits[v]:7.4f} {powers[v]:7.3f} {p[v]:8.4f}")
print(f"sum               {powers.sum():7.3f} {p.sum():8.4f}")
print(f"ln {powers.sum():.3f} = {np.log(powers.sum()):.4f}")
print(f"loss: -{logits[ring]:.4f} + {np.log(powers.sum()):.4f} = {-np.log(p[ring]):.4f}")
print(f"skipgram.pair_loss:       {skipgram.pair_loss(params, frodo, ring):.4f}")

# %% [markdown]
# The loss is 1.7871. The sheet has 1.60, because it adds up only five of the six exponentials. That
# of ring itself, 2.526, is missing, although the sum is over all of $V$: it is 15.083, and its
# logarithm 2.7136. The other five add up to 12.557 (12.57 on the sheet, which rounds each of them
# to two digits). By coincidence, the logarithm of this sum rounds to 2.53, just as the exponential
# of ring does, which makes the slip hard to see.
#
# There is an easy check: with the right sum the probabilities add up to one, with the sheet's sum
# they add up to 1.20. There is also a reason why ring must be in the sum. Without it, the loss
# would be
#
# $$-\ln e^{l_c} + \ln \sum_{v \ne c} e^{l_v} = \ln \frac{1 - p(c \mid w)}{p(c \mid w)},$$
#
# which is negative as soon as $p(c \mid w)$ is above one half, and falls without end. The sheet
# repeats the formula with a sum over $v \in V'$, but does not say what $V'$ is. It has to be the
# whole vocabulary $V$. (It has nothing to do with the table $W'$.)

# %%
others = np.delete(powers, ring).sum()
wrong = -logits[ring] + np.log(others)
print(f"without ring: ln {others:.3f} = {np.log(others):.2f}, loss {wrong:.2f}")
print(f"ln((1 - p) / p) for p = {p[ring]:.4f}: {np.log((1 - p[ring]) / p[ring]):.2f}")
print(f"the sheet's five terms: {np.delete(powers, ring).round(2)}, ", end="")
print(f"sum {np.delete(powers, ring).round(2).sum():.2f}")
print(f"the probabilities then add up to {(powers / others).sum():.2f}")

figure, ax = plt.subplots(figsize=(9, 2))
left = 0.0
for v in [v for v in range(6) if v != ring] + [ring]:
    color = plots.NEGATIVE if v == ring else plots.POSITIVE
    ax.barh(0, powers[v], left=left, color=color, edgecolor="white")
    middle = left + powers[v] / 2
    label = f"{words[v]}\n{powers[v]:.3f}"
    ax.text(middle, 0, label, ha="center", va="center", color="white", fontsize=plots.SMALL)
    left += powers[v]
ax.set_yticks([])
ax.set_xlabel("sum of the exponentials; the sheet leaves out the last")
ax.spines[["left", "top", "right"]].set_visible(False)
plots.show(
    figure,
    "The six exponentials as parts of one bar, which reaches to 15.083. The last part, that of "
    "ring with 2.526, is in another color: it is the one that the sheet leaves out.",
)

# %% [markdown]
# ### Line by line
#
# The whole computation of the sheet, with the value of each line as it is printed. The first line
# that is wrong has a red frame; below each wrong line stands the right one.

# %%
found = derivations.cross_entropy()
plots.show(draw_derivation(found), in_words(found))

# %% [markdown]
# ## The loss of a text
#
# Which vectors are best for a whole text? Those that make its pairs most probable. If the contexts
# of a word are independent of each other given the vectors, and so are the pairs of different
# words, then the probabilities multiply. With a window of $L$ words, the likelihood of a text $T$
# is
#
# $$L(\theta \mid T) = \prod_{t=1}^{|T|} \; \prod_{-L \le j \le L,\; j \ne 0} p(w_{t+j} \mid w_t,
#   \theta).$$
#
# Places $t + j$ outside of the text are left out. (The assumption is bold: each word is part of
# several pairs, so this is not the probability of the text.)
#
# The product of so many small numbers is zero on a computer. Its logarithm is not, and because the
# logarithm rises with its argument, both are greatest at the same $\theta$. It turns the product
# into a sum. With a minus sign, the greatest becomes the least; dividing by $|T|$ changes nothing
# about where it is:
#
# $$\mathrm{NLL}(\theta) = -\frac{1}{|T|} \ln L(\theta \mid T)
#   = -\frac{1}{|T|} \sum_{t=1}^{|T|} \; \sum_{-L \le j \le L,\; j \ne 0} \ln p(w_{t+j} \mid w_t,
#   \theta).$$
#
# So the loss of a text is the sum of the losses of its pairs, up to a factor. Pairs that occur
# several times can be counted: let $\#(w, c)$ be how often a pair occurs, and $\#(w)$ the sum over
# $c$. Then
#
# $$\mathrm{NLL}(\theta) = \frac{1}{|T|} \sum_w \#(w) \Big[ -\sum_c \hat p(c \mid w) \ln p(c \mid
#   w, \theta) \Big], \qquad \hat p(c \mid w) = \frac{\#(w, c)}{\#(w)}.$$
#
# In brackets is the *cross entropy* of the model with the relative frequencies of the text. For one
# pair alone, $\hat p$ is one for its context and zero for all others, and $-\ln p(c \mid w)$ is
# left. The cross entropy is smallest where $p(c \mid w) = \hat p(c \mid w)$; there it is the
# entropy of $\hat p$. A softmax whose scores were free would learn exactly the relative
# frequencies.

# %%
story = ["Frodo", "ring", "Frodo", "dragon", "Daenerys", "ring", "Frodo"]  # made up
ids = np.array([words.index(word) for word in story])
story_pairs = text.pairs(ids, window=2)
model = np.array([skipgram.probabilities(params, w) for w in range(len(words))])  # p(c | w)
likelihood = np.prod([model[w, c] for w, c in story_pairs])
print(f"{len(story)} words, {len(story_pairs)} pairs, likelihood {likelihood:.2e}")
print(f"-ln(likelihood) / |T|:            {-np.log(likelihood) / len(story):.6f}")
nll = skipgram.negative_log_likelihood(params, ids, 2)
print(f"skipgram.negative_log_likelihood: {nll:.6f}")

times = np.zeros((len(words), len(words)))
np.add.at(times, tuple(story_pairs.T), 1)
seen = times > 0
share = times / np.maximum(times.sum(axis=1, keepdims=True), 1)
print(f"from counts, as a cross entropy:  {-(times * np.log(model)).sum() / len(story):.6f}")
least = -(times[seen] * np.log(share[seen])).sum() / len(story)
print(f"least possible, the entropy:      {least:.6f}")

# %% [markdown]
# ## What one step changes
#
# The derivative of the loss with respect to the logit of $v$ is $p(v \mid w) - [v = c]$. It is
# nonzero for every word $v$, because every word is part of the denominator. A step on one pair
# therefore changes one row of $W$ and all rows of $W'$. (The sheet leaves out the context row of
# the center word. But Frodo has a context vector too, and it is part of the sum.)
#
# Negative sampling asks another question: is this pair from the text, or was the context drawn at
# random? If $k$ words $n_i$ are drawn, the loss is
#
# $$\ell(w, c) = -\ln\sigma(w \cdot c) - \sum_{i=1}^{k} \ln\sigma(-w \cdot n_i).$$
#
# It contains only $k + 1$ context vectors, however large the vocabulary is. Suppose that Picard and
# ship are drawn.

# %%
negatives = jnp.array([words.index("Picard"), words.index("ship")])
full = jax.grad(skipgram.pair_loss)(params, frodo, ring)
sampled = jax.grad(sgns.pair_loss)(params, frodo, ring, negatives)

figure, axes = plt.subplots(2, 2, figsize=(9, 6.6), layout="tight")
for name, gradient, row in (("softmax", full, axes[0]), ("2 negatives", sampled, axes[1])):
    for table, title, ax in (("center", "$W$", row[0]), ("context", "$W'$", row[1])):
        plots.draw_table(getattr(gradient, table), words, None, ax, largest=0.8)
        ax.set_title(f"{name}: derivatives in {title}")
plots.show(
    figure,
    "Derivatives of both losses in both tables. With the softmax, only Frodo's row of W is not "
    "zero, but all six rows of W'. With two negatives, it is the same row of W, and the rows of "
    "ring, Picard and ship in W'.",
)

# %% [markdown]
# An entry "0" is exactly zero, and a row of zeros is not changed by the step. A step goes against
# the derivatives: it pulls the context of the pair towards Frodo's vector and pushes the other
# contexts away. The package also contains both gradients derived by hand, and they agree with
# these:

# %%
by_hand = gradients.softmax_pair_gradient(params, frodo, ring)
print(f"softmax:     {oracles.difference(by_hand, full).absolute:.0e}")
by_hand = gradients.sampled_pair_gradient(params, frodo, ring, negatives)
print(f"2 negatives: {oracles.difference(by_hand, sampled).absolute:.0e}")
print("rows of W and of W' that the softmax changes:", skipgram.updated_rows(params, frodo, ring))
twice = jax.grad(sgns.pair_loss)(params, frodo, ring, jnp.array([5, 5])).context
print(
    "context rows that change if ship is drawn twice:",
    np.flatnonzero(np.any(np.asarray(twice), axis=1)).tolist(),
)

# %% [markdown]
# ## The sampled loss and its expectation
#
# The negatives are random, and so is the loss. Each negative is drawn from a noise distribution
# $P$, so the expected loss is a sum over the vocabulary:
#
# $$\mathbb{E}\,\ell(w, c) = -\ln\sigma(w \cdot c) - k \sum_{v \in V} P(v) \ln\sigma(-w \cdot c_v)$$
#
# (On the sheet the second $\sigma$ is missing.) Which $P$? The sheet says "uniform", and writes
# $\#(v) / |V|$. These are two different things:
#
# - *Uniform* noise draws every word equally often: $P(v) = 1 / |V|$. It does not contain $\#(v)$.
# - *Unigram* noise draws a word as often as it occurs: $P(v) = \#(v) / \sum_u \#(u)$.
#
# The formula is meant to be the second, but a probability needs the sum of the counts in the
# denominator, not the number of different words. What $P$ is makes a difference, as we will see.
# word2vec takes unigram noise to the power of 0.75, which lies between the two.

# %%
word_counts = np.array([40, 25, 15, 10, 6, 4])  # made up, because the sheet has none
noises = {
    "uniform": sampling.noise_distribution(word_counts, exponent=0),
    "power 0.75": sampling.noise_distribution(word_counts, exponent=0.75),
    "unigram": sampling.noise_distribution(word_counts, exponent=1),
    "as printed": word_counts / len(words),
}
print("            ", "  ".join(f"{word:>8}" for word in words), "      sum")
for name, row in noises.items():
    print(f"{name:12}", "  ".join(f"{x:8.3f}" for x in row), f"{row.sum():9.3f}")

# %% [markdown]
# The mean of $n$ draws is off by about $s / \sqrt{n}$, where $s$ is the standard deviation of one
# draw.

# %%
k = 5
noise = noises["power 0.75"]
expected = float(sgns.expected_pair_loss(params, frodo, ring, noise, k))
terms = np.logaddexp(0, logits)  # -ln sigmoid(-w.c), for each word as a negative
deviation = np.sqrt(k * (noise @ terms**2 - (noise @ terms) ** 2))

cdf = sampling.noise_cdf(noise)
drawn = sampling.sample_negatives(jax.random.key(0), cdf, (40, 10_000, k))
loss_of = jax.vmap(lambda negatives: sgns.pair_loss(params, frodo, ring, negatives))
losses = np.asarray(jax.vmap(loss_of)(drawn))  # [runs, draws]
n = np.arange(1, losses.shape[1] + 1)
means = losses.cumsum(axis=1) / n

figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="tight")
shown = np.unique(np.geomspace(1, len(n), 200).astype(int)) - 1
band = 2 * deviation / np.sqrt(n[shown])
axes[0].fill_between(
    n[shown], expected - band, expected + band, color="0.9", label=r"$2 s/\sqrt{n}$"
)
axes[0].semilogx(n[shown], means[:8, shown].T, color=plots.POSITIVE, linewidth=0.7)
axes[0].axhline(expected, color=plots.NEGATIVE, label="expectation")
axes[0].set(xlabel="draws n", ylabel="mean of the sampled loss", title="8 runs")
error = np.sqrt(np.mean((means - expected) ** 2, axis=0))
axes[1].loglog(n[shown], error[shown], color=plots.POSITIVE, label="distance")
axes[1].loglog(n[shown], band / 2, color="gray", linestyle="--", label=r"$s/\sqrt{n}$")
axes[1].set(xlabel="draws n", title="distance from the expectation")
axes[1].set_ylim(top=1)
for ax in axes:
    ax.legend(loc="upper right")
plots.show(
    figure,
    "Left: the means of the sampled loss in eight runs scatter at first and approach the "
    "expectation, inside a band that narrows. Right: on logarithmic axes, the distance from the "
    "expectation falls along the line of s divided by the root of n.",
)
print(f"expectation {expected:.5f}, mean of all {losses.size:,} draws {losses.mean():.5f}")
of_mean = deviation / losses.size**0.5
print(f"standard deviation of one draw {deviation:.4f}, of this mean {of_mean:.5f}")

# %% [markdown]
# ### The sheet's equations on random vectors
#
# Equations (1) to (4) of the sheet are the loss of one pair, its expectation written in two ways,
# and the sum over the text, all with the opposite sign. As printed they are logarithms of negative
# numbers as soon as one score is positive. In a running notebook, the cell below has a slider for
# the seed of the vectors.


# %%
def draw_equations(seed=8):
    return draw_derivation(derivations.objectives(seed))


interactive.show(
    draw_equations, {"seed": range(21)}, draw_equations(), in_words(derivations.objectives(8))
)

# %% [markdown]
# ## What negative sampling learns
#
# Let $\#(w, c)$ be the number of times that a pair occurs in the text. Summed over all pairs of the
# text, the part of the objective that depends on one score $s = w \cdot c$ is
#
# $$-\#(w, c) \ln\sigma(s) - k\,\#(w)\,P(c) \ln\sigma(-s).$$
#
# Its derivative, $-\#(w, c)\,\sigma(-s) + k\,\#(w)\,P(c)\,\sigma(s)$, vanishes at
#
# $$w \cdot c = \ln \frac{\#(w, c)}{k\,\#(w)\,P(c)}
#   = \underbrace{\ln \frac{p(w, c)}{p(w)\,p(c)}}_{\mathrm{PMI}(w, c)} - \ln k$$
#
# if $P$ is the distribution of the contexts. The optimum is known without any training, so we can
# check whether training finds it. The text consists of 150 tokens, drawn at random from five words,
# and every pair occurs in it. (For a pair that does not occur, the optimum is $-\infty$.)

# %%
names = ["a", "b", "c", "d", "e"]
rng = np.random.default_rng(0)
tokens = rng.choice(len(names), 150, p=[0.35, 0.25, 0.2, 0.12, 0.08])
counts = np.zeros((len(names), len(names)))
np.add.at(counts, tuple(text.pairs(tokens, window=2).T), 1)
assert counts.all()
noise = counts.sum(axis=0) / counts.sum()
figure, axes = plt.subplots(1, 2, figsize=(9, 3), layout="tight")
plots.draw_table(counts, names, names, axes[0], digits=0, title=r"$\#(w, c)$")
plots.draw_table(pmi.pmi(counts), names, names, axes[1], title="PMI")
plots.show(
    figure,
    "Two tables of the five words a to e. The counts fall from 52 for a with a, the most frequent "
    "word, to 10. PMI is between -0.4 and 0.4, and does not follow the counts.",
)


# %%
def train(negatives, dim, noise=noise):
    """Return the scores w.c after 4000 steps from random vectors; nothing here knows of PMI."""
    # For the step size of `optima.train`, pairs and negatives of a cell may add up to at most one.
    most = (counts + negatives * np.outer(counts.sum(1), noise)).max()
    return optima.train(
        jax.random.key(0),
        lambda scores: sgns.score_loss(scores, counts, noise, negatives) / most,
        vocab_size=len(counts),
        dim=dim,
    )


figure, axes = plt.subplots(1, 2, figsize=(9, 4.4), sharex=True, sharey=True, layout="tight")
for ax, dim in zip(axes, (5, 1), strict=True):
    for negatives, color in ((1, plots.POSITIVE), (5, plots.NEGATIVE)):
        optimum = pmi.shifted_pmi(counts, negatives)
        scores = np.asarray(train(negatives, dim))
        ax.plot(optimum.ravel(), scores.ravel(), "o", color=color, ms=5, label=f"k = {negatives}")
        off = np.abs(scores - optimum).max()
        print(f"dim {dim}, k = {negatives}: largest difference {off:.0e},", end=" ")
        print(f"scores from {scores.min():.4f} to {scores.max():.4f}")
    ax.axline((0, 0), slope=1, color="gray", linewidth=0.8)
    ax.set(xlabel="PMI - ln k", title=f"{dim} dimension" + "s" * (dim > 1))
axes[0].set_ylabel(r"$w \cdot c$ after training")
axes[0].legend()
plots.show(
    figure,
    "Trained scores against their optimum. With five dimensions all points lie on the diagonal, in "
    "two groups for k = 1 and k = 5. With one dimension they do not, and for k = 5 all scores are "
    "equal.",
)

# %% [markdown]
# With as many dimensions as words the scores are free, and all 25 of them reach their optimum to
# nine digits or more. More negatives shift them down by $\ln k$ and leave their differences
# unchanged.
#
# With one dimension the scores cannot all be right at once. Training finds a compromise, in which
# each pair has a weight: how often it is seen and drawn. For $k = 5$ the shift takes up the only
# dimension, and all scores become $-\ln 5 = -1.6094$. A real vocabulary has far more words than the
# vectors have dimensions, so there $w \cdot c$ only approximates PMI $- \ln k$.
#
# ## With uniform noise it is not PMI
#
# If negatives are drawn uniformly, $P(c) = 1 / |V|$, and the same derivation ends at
#
# $$w \cdot c = \ln \frac{\#(w, c)\,|V|}{k\,\#(w)} = \ln \hat p(c \mid w) + \ln |V| - \ln k.$$
#
# The frequency of the context is not divided out. Compared with unigram noise, the scores change by
# $\ln (p(c)\,|V|)$, which depends on the context alone: frequent contexts have higher scores with
# every center. For $k = |V|$ the last two terms cancel, and $e^{w \cdot c}$ is $\hat p(c \mid w)$
# itself.

# %%
uniform = np.full(len(names), 1 / len(names))
frequencies = counts / counts.sum(1, keepdims=True)
flat = np.asarray(train(5, 5, uniform))
print("largest difference of the scores with uniform noise, k = 5 = |V|,")
print(f"from ln p(c | w): {np.abs(flat - np.log(frequencies)).max():.0e}")
print(f"from PMI - ln k:  {np.abs(flat - pmi.shifted_pmi(counts, 5)).max():.2f}")
print("\ncontext                        ", "  ".join(f"{name:>6}" for name in names))
for name, row in (("uniform", flat), ("unigram", pmi.shifted_pmi(counts, 5))):
    print(f"mean score with {name} noise   ", "  ".join(f"{x:6.2f}" for x in row.mean(axis=0)))
print("ln(p(c) |V|)                   ", "  ".join(f"{x:6.2f}" for x in np.log(noise * 5)))

# %% [markdown]
# ## Back to the softmax
#
# The optimum can also be read in the other direction. From
# $\exp(w \cdot c) = p(c \mid w) / (k\,P(c))$ it follows that
#
# $$\mathrm{softmax}_c \big( w \cdot c + \ln P(c) \big) = p(c \mid w),$$
#
# because $k$ cancels in the softmax. The right-hand side is the relative frequency $\#(w, c) /
# \#(w)$, which the full softmax also learns if its scores are free. Negative sampling learns the
# same probabilities, but divided by those of the noise. The softmax of its bare scores is something
# else.

# %%
scores = np.asarray(train(5, 5))
with_noise = optima.conditional_from_scores(scores, noise)
bare = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
print(f"with ln P(c):    largest difference {np.abs(with_noise - frequencies).max():.0e}")
print(f"without ln P(c): largest difference {np.abs(bare - frequencies).max():.2f}")

figure, ax = plt.subplots(figsize=(6, 4.6))
ax.plot(frequencies.ravel(), bare.ravel(), "s", color=plots.NEGATIVE, markersize=5)
ax.plot(frequencies.ravel(), with_noise.ravel(), "o", color=plots.POSITIVE, markersize=5)
ax.axline((0, 0), slope=1, color="gray", linewidth=0.8)
ax.set(xlabel=r"$\hat p(c \mid w)$ in the text", ylabel="softmax of the trained scores")
ax.legend([r"of $w \cdot c$", r"of $w \cdot c + \ln P(c)$"])
plots.show(
    figure,
    "Softmax of trained scores against relative frequencies. With ln P(c) added, all points lie on "
    "the diagonal. The softmax of the bare scores is scattered around it, closer to one fifth.",
)

# %% [markdown]
# ## On a real text
#
# The scores of five words are free. In a real text there are fewer dimensions than words, and each
# objective makes a compromise of its own: the softmax weighs an error by the probability that it
# costs, negative sampling by how often a pair is seen and drawn. How good a softmax do the vectors
# of negative sampling give then?
#
# The text is the built-in corpus, cut to its 500 most frequent words. Both objectives are trained
# on the same counts, in 20 dimensions, with as many passes. We compare the negative log-likelihood
# of a pair (NLL) under the softmax of $w \cdot c + \ln P(c)$, and under that of $w \cdot c$ alone,
# with the NLL that the full softmax reaches.

# %%
corpus = jaxtext.read(max_vocab=500)
settings = {"dim": 20, "epochs": 30, "subsample": 0}
key = jax.random.key(0)
objective = counting.objective(key, corpus.vocab, corpus.text, jaxtext.Softmax(**settings))
pairs = objective.counts.toarray() / objective.counts.sum()
context_share = pairs.sum(axis=0)


def nll(params, prior):
    """Return the negative log-likelihood of a pair under the softmax of w.c + prior."""
    scores = jnp.asarray(params.center @ params.context.T, jnp.float64) + prior
    return float(-(pairs * jax.nn.log_softmax(scores)).sum())


full = nll(fit(key, corpus, jaxtext.Softmax(**settings), objective=objective), 0)
ks = [1, 5, 15, 50]
excess = []
for k in ks:
    params = fit(
        key,
        corpus,
        jaxtext.Exact(negatives=k, noise_exponent=1, **settings),
        objective=objective._replace(negatives=k, noise=context_share),
    )
    excess.append([nll(params, prior) - full for prior in (np.log(context_share), 0)])
    print(f"k = {k:2}: NLL {full:.3f} + {excess[-1][0]:.4f};", end=" ")
    print(f"of w.c alone {full:.3f} + {excess[-1][1]:.2f}")
entropy = -xlogy(pairs, pairs / pairs.sum(1, keepdims=True)).sum()
print(f"full softmax {full:.3f}; entropy of a context, given its center: {entropy:.3f}")

figure, ax = plt.subplots(figsize=(6, 4), layout="tight")
with_noise, bare = zip(*excess, strict=True)
ax.loglog(ks, bare, "s-", color=plots.NEGATIVE, label=r"softmax of $w \cdot c$")
ax.loglog(ks, with_noise, "o-", color=plots.POSITIVE, label=r"softmax of $w \cdot c + \ln P(c)$")
ax.set(xlabel="negatives k", ylabel="NLL above that of the full softmax")
ax.set_xticks(ks, map(str, ks))
ax.minorticks_off()
ax.legend()
plots.show(
    figure,
    "On logarithmic axes: with ln P(c), the distance from the full softmax falls from 0.013 for "
    "one negative to 0.002 for fifty. Without it, it is one nat for every k.",
)

# %% [markdown]
# With $\ln P(c)$, the vectors of negative sampling come close to those of the full softmax, the
# closer the more negatives there are; and even one negative per pair loses little. Their bare
# scores are off by a whole nat, however large $k$ is: the approximation is one of probabilities,
# and the scores have to be read as what they are. Both objectives stay above the entropy, which
# would take as many dimensions as words.
#
# ## Conclusion
#
# - The loss of (Frodo, ring) is 1.7871. The sum of the softmax is over all of $V$, ring included.
# - The loss of a text is the cross entropy between the relative frequencies of its pairs and the
#   model. A step of the full softmax changes every context vector; negative sampling changes those
#   of $k + 1$ words.
# - Negative sampling learns $\ln \big( \#(w, c) / (k\,\#(w)\,P(c)) \big)$. This is PMI $- \ln k$
#   for unigram noise, and $\ln \hat p(c \mid w)$ plus a constant for uniform noise.
# - In both cases, adding $\ln P(c)$ and taking the softmax gives the relative frequencies back, if
#   the scores are free, that is, with as many dimensions as words. On a real text it nearly gives
#   what the full softmax gives.
#
# ## Things to try
#
# - Compute the loss of (ring, Frodo). Why is it not that of (Frodo, ring)?
# - Make one step of gradient descent on the pair (Frodo, ring). How much does the loss fall, and
#   which other pairs of Frodo lose probability?
# - Change `story`. Can its likelihood be larger than that of the entropy?
# - Train with noise to the power of 0.75. By what are the scores off PMI $- \ln k$?
# - Train with two, three and four dimensions. When is the largest difference below a tenth?
# - Remove a pair from `counts`, so that its count is zero. Where does its score go?
