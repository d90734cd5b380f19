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
# Mannheim, FSS 2025), which we call *the sheet*.

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from jaxtext import EmbeddingParams, plots, pmi, sampling, sgns, skipgram, text
from jaxtext.verification import gradients, optima, oracles
from jaxtext.verification.sheet import examples

jax.config.update("jax_enable_x64", True)

# %% [markdown]
# ## From a sentence to pairs
#
# Each word is the center once. Its contexts are the words at most two places away; near the ends of
# the sentence there are fewer. Each pair (center, context) is one training example.

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
figure, ax = plt.subplots(figsize=(4, 3.4))
ax.imshow(grid, cmap="Blues", vmax=1.5)
ax.set_xticks(range(len(sentence)), sentence, rotation=60)
ax.set_yticks(range(len(sentence)), sentence)
ax.set(xlabel="context", ylabel="center")
plt.show()

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

figure, axes = plt.subplots(1, 2, figsize=(6, 2.2), layout="tight")
plots.draw_table(params.center, words, None, axes[0], title="$W$, centers")
plots.draw_table(params.context, words, None, axes[1], title="$W'$, contexts")
plt.show()

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
    print(f"{word:9} {logits[v]:7.4f} {powers[v]:7.2f} {p[v]:8.4f}")
print(f"sum               {powers.sum():7.2f} {p.sum():8.4f}")
print(f"loss: -{logits[ring]:.4f} + ln {powers.sum():.2f} = {-np.log(p[ring]):.6f}")
print(f"skipgram.pair_loss:           {skipgram.pair_loss(params, frodo, ring):.6f}")

# %% [markdown]
# The sheet has 1.60 instead of 1.787. It adds up only five of the six exponentials: ring's own,
# 2.53, is missing, although the sum is over all of $V$. By coincidence, the logarithm of the sum of
# the other five is 2.53 as well, which makes the slip hard to see. There is an easy check: with the
# right sum the probabilities add up to one, with the sheet's sum they add up to 1.20.

# %%
others = np.delete(powers, ring).sum()
wrong = -logits[ring] + np.log(others)
print(f"without ring: ln {others:.2f} = {np.log(others):.2f}, loss {wrong:.2f}")
print(f"the probabilities then add up to {(powers / others).sum():.2f}")

figure, ax = plt.subplots(figsize=(6, 1.5))
left = 0.0
for v in [v for v in range(6) if v != ring] + [ring]:
    color = plots.NEGATIVE if v == ring else plots.POSITIVE
    ax.barh(0, powers[v], left=left, color=color, alpha=0.8, edgecolor="white")
    ax.text(left + powers[v] / 2, 0, f"{words[v]}\n{powers[v]:.2f}", ha="center", va="center",
            color="white", fontsize=8)  # fmt: skip
    left += powers[v]
ax.set_yticks([])
ax.set_xlabel("sum of the exponentials; the sheet leaves out the last")
ax.spines[["left", "top", "right"]].set_visible(False)
plt.show()

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

figure, axes = plt.subplots(2, 2, figsize=(6.5, 4.6), layout="tight")
for name, gradient, row in (("softmax", full, axes[0]), ("2 negatives", sampled, axes[1])):
    for table, title, ax in (("center", "$W$", row[0]), ("context", "$W'$", row[1])):
        plots.draw_table(getattr(gradient, table), words, None, ax, largest=0.8)
        ax.set_title(f"{name}: derivatives with respect to {title}", fontsize=8)
plt.show()

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
# (On the sheet the second $\sigma$ is missing, and $P(v)$ is written as $\#(v) / |V|$. This is a
# probability only if the counts are divided by their own sum.) The mean of $n$ draws is off by
# about $s / \sqrt{n}$, where $s$ is the standard deviation of one draw.

# %%
k = 5
word_counts = np.array([40, 25, 15, 10, 6, 4])  # made up, because the sheet has none
noise = sampling.noise_distribution(word_counts, exponent=0.75)
expected = float(sgns.expected_pair_loss(params, frodo, ring, noise, k))
terms = -np.asarray(
    jax.nn.log_sigmoid(-skipgram.logits(params, frodo))
)  # for each word as a negative
deviation = np.sqrt(k * (noise @ terms**2 - (noise @ terms) ** 2))

cdf = sampling.noise_cdf(noise)
drawn = sampling.sample_negatives(jax.random.key(0), cdf, (40, 10_000, k))
loss_of = jax.vmap(lambda negatives: sgns.pair_loss(params, frodo, ring, negatives))
losses = np.asarray(jax.vmap(loss_of)(drawn))  # [runs, draws]
n = np.arange(1, losses.shape[1] + 1)
means = losses.cumsum(axis=1) / n

figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="tight")
shown = np.unique(np.geomspace(1, len(n), 200).astype(int)) - 1
band = 2 * deviation / np.sqrt(n[shown])
axes[0].fill_between(
    n[shown], expected - band, expected + band, color="0.9", label=r"$2 s/\sqrt{n}$"
)
axes[0].semilogx(n[shown], means[:8, shown].T, color=plots.POSITIVE, linewidth=0.7)
axes[0].axhline(expected, color=plots.NEGATIVE, label="expectation")
axes[0].set(xlabel="draws n", ylabel="mean of the sampled loss", title="8 runs")
error = np.sqrt(np.mean((means - expected) ** 2, axis=0))
axes[1].loglog(n[shown], error[shown], color=plots.POSITIVE, label="distance from the expectation")
axes[1].loglog(n[shown], band / 2, color="gray", linestyle="--", label=r"$s/\sqrt{n}$")
axes[1].set(xlabel="draws n", title="root mean square over 40 runs")
for ax in axes:
    ax.legend(fontsize=8)
plt.show()
print(f"expectation {expected:.5f}, mean of all {losses.size:,} draws {losses.mean():.5f}")
of_mean = deviation / losses.size**0.5
print(f"standard deviation of one draw {deviation:.4f}, of this mean {of_mean:.5f}")

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
counts, noise = examples.small_counts()
names = ["a", "b", "c", "d", "e"]
figure, axes = plt.subplots(1, 2, figsize=(7, 2.3), layout="tight")
plots.draw_table(counts, names, names, axes[0], digits=0, title=r"$\#(w, c)$")
plots.draw_table(pmi.pmi(counts), names, names, axes[1], title="PMI")
plt.show()


# %%
def train(negatives, dim):
    """Return the scores w.c after 4000 steps from random vectors; nothing here knows of PMI."""
    # For the step size of `optima.train`, pairs and negatives of a cell may add up to at most one.
    most = (counts + negatives * np.outer(counts.sum(1), noise)).max()
    return optima.train(
        jax.random.key(0),
        lambda scores: sgns.score_loss(scores, counts, noise, negatives) / most,
        vocab_size=len(counts),
        dim=dim,
    )


figure, axes = plt.subplots(1, 2, figsize=(8, 3.6), sharex=True, sharey=True, layout="tight")
for ax, dim in zip(axes, (5, 1), strict=True):
    for negatives, color in ((1, plots.POSITIVE), (5, plots.NEGATIVE)):
        optimum = pmi.shifted_pmi(counts, negatives)
        scores = np.asarray(train(negatives, dim))
        ax.plot(optimum.ravel(), scores.ravel(), "o", color=color, ms=4, label=f"k = {negatives}")
        off = np.abs(scores - optimum).max()
        print(f"dim {dim}, k = {negatives}: largest difference {off:.0e},", end=" ")
        print(f"scores from {scores.min():.4f} to {scores.max():.4f}")
    ax.axline((0, 0), slope=1, color="gray", linewidth=0.8)
    ax.set(xlabel="PMI - ln k", title=f"{dim} dimension" + "s" * (dim > 1))
axes[0].set_ylabel(r"$w \cdot c$ after training")
axes[0].legend()
plt.show()

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
frequencies = counts / counts.sum(1, keepdims=True)
scores = np.asarray(train(5, 5))
with_noise = optima.conditional_from_scores(scores, noise)
bare = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
print(f"with ln P(c):    largest difference {np.abs(with_noise - frequencies).max():.0e}")
print(f"without ln P(c): largest difference {np.abs(bare - frequencies).max():.2f}")

plt.figure(figsize=(4.5, 3.6))
plt.plot(frequencies.ravel(), bare.ravel(), "s", color=plots.NEGATIVE, markersize=4)
plt.plot(frequencies.ravel(), with_noise.ravel(), "o", color=plots.POSITIVE, markersize=4)
plt.axline((0, 0), slope=1, color="gray", linewidth=0.8)
plt.xlabel(r"$p(c \mid w)$ in the text")
plt.ylabel("softmax of the trained scores")
plt.legend([r"of $w \cdot c$", r"of $w \cdot c + \ln P(c)$"])
plt.show()
