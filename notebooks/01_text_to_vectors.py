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
# # From raw text to word vectors
#
# `jaxtext train` does all of this in one command. Here every arrow of the way is one call, and
# after each we look at what came out:
#
#     text -> tokens -> vocabulary -> ids -> pairs -> loss -> update -> vectors -> neighbors
#
# The model is skip-gram with negative sampling: a pair $(w, c)$ seen in the text should have a high
# score $w \cdot c$, and pairs with words $n_i$ drawn at random a low one,
#
# $$\ell(w, c) = -\log\sigma(w \cdot c) - \sum_{i=1}^{k} \log\sigma(-w \cdot n_i).$$

# %%
import tempfile
from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax

from jaxtext import embeddings, query, sampling, sgns, text, training
from jaxtext.base.types import EmbeddingParams

# %% [markdown]
# ## Text
#
# Any text file will do. The corpus that is always there is the documentation that the installed
# packages carry; one line is one paragraph.

# %%
path = text.builtin_corpus()
with open(path, encoding="utf-8") as file:
    lines = file.read().splitlines()
print(f"{len(lines):,} paragraphs")
for line in lines[1000:1004]:
    print("-", line[:90])

# %% [markdown]
# ## Tokens
#
# Runs of letters and digits of any script, lower-cased.

# %%
sentence = text.tokenize("The quick brown fox jumped over the lazy dog.")
print(sentence)
print(text.tokenize("Übergröße, Ελλάς, हिन्दी, 東京!"))

# %% [markdown]
# ## Vocabulary and ids
#
# `encode_corpus` reads the text once, in blocks, and leaves the ids on disk, memory-mapped: the
# text may be larger than memory. Words that occur less than five times are left out.

# %%
folder = Path(tempfile.mkdtemp())
corpus = text.encode_corpus(text.read_blocks([str(path)]), folder, min_count=5)
vocab, ids = corpus.vocab, corpus.text.ids
print(f"{corpus.tokens:,} tokens, {len(vocab):,} words in the vocabulary, {len(ids):,} ids")
print("most frequent:", ", ".join(vocab.words[:12]))
first = ids[: corpus.text.ends[0]]
print("first sentence:", first.tolist(), "=", " ".join(vocab.decode(first)))

# %% [markdown]
# Frequencies fall about as one over the rank, as Zipf found. Two corrections follow from this:
# the most frequent words are thinned out, and negatives are drawn from a flattened distribution.

# %%
keep = sampling.keep_probability(vocab.counts, threshold=1e-3)
noise = sampling.noise_distribution(vocab.counts, exponent=0.75)
share = vocab.counts / vocab.counts.sum()

figure, axes = plt.subplots(1, 2, figsize=(9, 3))
axes[0].loglog(np.arange(1, len(vocab) + 1), vocab.counts)
axes[0].set(xlabel="rank", ylabel="count", title="Zipf's law")
axes[1].loglog(share, noise / share, label="as negative / in the text")
axes[1].loglog(share, keep, label="probability to stay")
axes[1].set(xlabel="share of the text", title="what training sees")
axes[1].legend()
figure.tight_layout()

# %% [markdown]
# ## Pairs
#
# The sheet's sentence with a window of two: each word is a center, its neighbors are contexts.

# %%
small = text.Vocab.build([sentence], min_count=1)
pairs = text.pairs(small.encode(sentence), window=2)
print(len(pairs), "pairs:", [tuple(small.decode(pair)) for pair in pairs[:5]], "...")

# %% [markdown]
# ## The loss of one pair
#
# Context vectors begin at zero. Then every score is zero, and the loss is $(1 + k)\ln 2$ whatever
# the words are.

# %%
params = sgns.init(jax.random.key(0), len(small), 4)
center, context, negatives = jnp.array(0), jnp.array(1), jnp.array([2, 3, 3])
loss, gradient = jax.value_and_grad(sgns.pair_loss)(params, center, context, negatives)
print(f"loss {loss:.6f}, (1 + 3) ln 2 = {4 * np.log(2):.6f}")
print("rows of the context table that change:", np.flatnonzero(jnp.abs(gradient.context).sum(1)))

# %% [markdown]
# ## The clear path
#
# `training.loop.fit` takes any loss, any batches and any optax optimizer. The negatives are drawn
# outside of the loss, from a key. A few hundred paragraphs are enough to see it fall.

# %%
sample = [text.tokenize(line) for line in lines[:2000]]
sample_vocab = text.Vocab.build(sample, min_count=5)
sample_pairs = np.concatenate([text.pairs(sample_vocab.encode(tokens), 2) for tokens in sample])
cdf = sampling.noise_cdf(sampling.noise_distribution(sample_vocab.counts, 0.75))
batches = sampling.pair_batches(
    jax.random.key(1), sample_pairs, cdf, batch_size=1024, negatives=5, epochs=2
)
start = sgns.init(jax.random.key(0), len(sample_vocab), 32)
state, infos = training.loop.fit(start, sgns.batch_loss, batches, optax.adam(0.01))
plt.figure(figsize=(5, 2.5))
plt.plot([info.loss for info in infos])
plt.xlabel("update")
plt.ylabel("loss of a batch")
print(f"{len(sample_pairs):,} pairs, {len(infos)} updates")
print(f"loss {infos[0].loss:.2f} -> {infos[-1].loss:.2f}")

# %% [markdown]
# ## The fast path is the same objective
#
# `training.stream` takes a block of consecutive tokens, all their pairs at once, with negatives
# that the block shares, and a gradient written by hand. On the same pairs and negatives it is the
# gradient of the clear loss; here in float32, in the tests in float64 to $10^{-12}$.

# %%
stream = training.stream
config = stream.StreamConfig(dim=50, epochs=5)
span = text.subsampled_stream(corpus.text, (0, 2000), keep, config.window, np.random.default_rng(0))
T, W = 64, config.window
block_ids, left, right = span.ids[: T + 2 * W], span.left[W : T + W], span.right[W : T + W]
shared = sampling.sample_negatives(jax.random.key(2), sampling.noise_cdf(noise), (32,))
block = stream.Block(*map(jnp.asarray, (block_ids, left, right)), shared)

tables = jax.random.normal(jax.random.key(3), (2, len(vocab), 50)) / 4
params = EmbeddingParams(*tables)
rows = stream.block_gradient(params, block, config.negatives)
by_hand = stream.add_rows(jax.tree.map(jnp.zeros_like, params), rows)

halo = [np.pad(side, W) for side in (left, right)]
listed = jnp.asarray(text.stream_pairs(text.Stream(block_ids, *halo, np.arange(len(block_ids)))))


def clear_loss(params):
    """`sgns.pair_loss` of every pair; 32 shared negatives stand for five."""
    losses = jax.vmap(sgns.pair_loss, in_axes=(None, 0, 0, None, None))
    return losses(params, listed[:, 0], listed[:, 1], shared, config.negatives / 32).sum()


by_autodiff = jax.grad(clear_loss)(params)
difference = max(float(jnp.abs(a - b).max()) for a, b in zip(by_hand, by_autodiff, strict=True))
largest = max(float(jnp.abs(table).max()) for table in by_autodiff)
print(f"{len(listed)} pairs; largest difference {difference:.1e}, largest entry {largest:.1f}")

# %% [markdown]
# ## Training on the whole text

# %%
reports = []
trained = stream.fit(jax.random.key(0), corpus.text, vocab.counts, config, reports.append)
for report in reports:
    print(f"{report.done:6.1%} done, loss a pair {report.loss:.3f}")

# %% [markdown]
# ## Neighbors
#
# Two tables were learned. The center vectors are the usual choice; `Embeddings.vectors` has the
# others. Similar words are those with similar directions.

# %%
result = embeddings.Embeddings(vocab, np.asarray(trained.center), np.asarray(trained.context))
for word in ("matrix", "gradient", "string", "file", "random"):
    (answers,) = query.neighbors(result, [word], top=6)
    print(f"{word:10}", ", ".join(f"{near} {cosine:.2f}" for near, cosine in answers))

# %%
lengths = np.linalg.norm(result.center, axis=1)
plt.figure(figsize=(5, 2.5))
plt.semilogx(vocab.counts, lengths, ".", markersize=2)
plt.xlabel("count")
plt.ylabel("length of the center vector")
plt.show()
