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
# # From raw text to word vectors
#
# Three calls take you from a text to the neighbors of a word: `jaxtext.read`, `jaxtext.train` and
# `jaxtext.neighbors`. This notebook makes them too, but stops at every arrow on the way to look at
# what has come out:
#
#     text -> tokens -> vocabulary -> ids -> pairs -> loss -> update -> vectors -> neighbors
#
# The model is skip-gram with negative sampling. A pair $(w, c)$ that is seen in the text should
# have a high score $w \cdot c$, and pairs of $w$ with words $n_i$ drawn at random should have a low
# one:
#
# $$\ell(w, c) = -\ln\sigma(w \cdot c) - \sum_{i=1}^{k} \ln\sigma(-w \cdot n_i).$$
#
# Where this loss comes from and what it learns is the subject of the other three notebooks. They
# follow Exercise 02 of the course Advanced Methods in Text Analytics (University of Mannheim, FSS
# 2025), which we call *the sheet*. Its example sentence is also used below.

# %%
import tempfile
from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax

import jaxtext
from jaxtext import EmbeddingParams, plots, sampling, sgns, text, training
from jaxtext.reports import interactive, maps
from jaxtext.vectors import plane

plt.rcParams.update(plots.STYLE)

# %% [markdown]
# ## Text
#
# Any text file will do. One corpus is always at hand: the documentation that comes with the
# installed Python packages. Each of its lines is one paragraph.

# %%
path = text.builtin_corpus()
lines = path.read_text(encoding="utf-8").splitlines()
print(f"{len(lines):,} paragraphs")
for line in lines[1000:1004]:
    print("-", line[:90])

# %% [markdown]
# ## Tokens
#
# A token is a run of letters and digits, of any script, in lower case. We try it on the sentence of
# the sheet, and on other scripts.

# %%
sentence = text.tokenize("The quick brown fox jumped over the lazy dog.")
print(sentence)
print(text.tokenize("Übergröße, Ελλάς, हिन्दी, 東京!"))

# %% [markdown]
# ## Vocabulary and ids
#
# `jaxtext.read` goes through the text once and gives each word a number, its id. The ids stay on
# disk and are memory-mapped, so the text may be larger than memory. Words that occur fewer than
# five times are left out.

# %%
corpus = jaxtext.read(path, min_count=5)
vocab, ids = corpus.vocab, corpus.text.ids
print(corpus)
print("most frequent:", ", ".join(vocab.words[:12]))
first = ids[: corpus.text.ends[0]]
print("first sentence:", first.tolist(), "=", " ".join(vocab.decode(first)))

# %% [markdown]
# The frequency of a word is roughly proportional to one over its rank, as Zipf found. Two
# corrections make up for this: most occurrences of the most frequent words are skipped, and
# negatives are drawn from a flattened distribution.

# %%
keep = sampling.keep_probability(vocab.counts, threshold=1e-3)
noise = sampling.noise_distribution(vocab.counts, exponent=0.75)
share = vocab.counts / vocab.counts.sum()

figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="tight")
axes[0].loglog(np.arange(1, len(vocab) + 1), vocab.counts)
axes[0].set(xlabel="rank", ylabel="count", title="Zipf's law")
axes[1].loglog(share, noise / share, label="negatives / occurrences")
axes[1].loglog(share, keep, "--", label="share that is kept")
axes[1].set_ylim(0.1, 10)
axes[1].set(xlabel="share of the text", title="what training sees")
axes[1].legend()
plots.show(
    figure,
    "Left: the count of a word falls with its rank, nearly along a line on logarithmic axes. "
    "Right: frequent words are negatives less often than they occur, rare words more often; only "
    "a part of the occurrences of the most frequent words is kept.",
)

# %% [markdown]
# ## Pairs
#
# We take the sentence above and a window of two. Each word is a center, and the words at most two
# places away are its contexts.

# %%
small = text.Vocab.build([sentence], min_count=1)
pairs = text.pairs(small.encode(sentence), window=2)
print(len(pairs), "pairs:", [tuple(small.decode(pair)) for pair in pairs[:5]], "...")

# %% [markdown]
# ## The loss of one pair
#
# Context vectors start at zero. Every score is then zero, and the loss is $(1 + k)\ln 2$ whatever
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
# from a key before the loss is computed, so the loss itself is not random. Two thousand paragraphs
# are enough to see it fall.

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
figure, ax = plt.subplots(figsize=(7, 3.6))
ax.plot([info.loss for info in infos])
ax.set(xlabel="update", ylabel="loss per pair")
plots.show(
    figure,
    "The loss per pair against the update. It starts at 6 ln 2, falls fast, and levels off.",
)
print(f"6 ln 2 = {6 * np.log(2):.2f}")
print(f"{len(sample_pairs):,} pairs, {len(infos)} updates")
print(f"loss {infos[0].loss:.2f} -> {infos[-1].loss:.2f}")

# %% [markdown]
# ## The fast path has the same objective
#
# `training.stream` takes a block of consecutive tokens and trains on all their pairs at once. The
# whole block shares its negatives, and the gradient is written by hand. For the same pairs and
# negatives it equals the gradient of the clear loss. Here we compare them in float32; the tests
# compare them in float64, where they agree to $10^{-12}$.

# %%
method = jaxtext.Sgns(dim=50, window=5, negatives=5, epochs=10)
span = text.subsampled_stream(corpus.text, (0, 2000), keep, method.window, np.random.default_rng(0))
T, W = 64, method.window
block_ids, left, right = span.ids[: T + 2 * W], span.left[W : T + W], span.right[W : T + W]
shared = sampling.sample_negatives(jax.random.key(2), sampling.noise_cdf(noise), (32,))
block = training.stream.Block(*map(jnp.asarray, (block_ids, left, right)), shared)

tables = jax.random.normal(jax.random.key(3), (2, len(vocab), method.dim)) / 4
params = EmbeddingParams(*tables)
rows = training.stream.block_gradient(params, block, method.negatives)
by_hand = training.stream.add_rows(jax.tree.map(jnp.zeros_like, params), rows)

halo = [np.pad(side, W) for side in (left, right)]
listed = jnp.asarray(text.stream_pairs(text.Stream(block_ids, *halo, np.arange(len(block_ids)))))


def clear_loss(params):
    """Sum `sgns.pair_loss` over all pairs; the 32 shared negatives stand for five."""
    losses = jax.vmap(sgns.pair_loss, in_axes=(None, 0, 0, None, None))
    return losses(params, listed[:, 0], listed[:, 1], shared, method.negatives / 32).sum()


by_autodiff = jax.grad(clear_loss)(params)
difference = max(float(jnp.abs(a - b).max()) for a, b in zip(by_hand, by_autodiff, strict=True))
largest = max(float(jnp.abs(table).max()) for table in by_autodiff)
print(f"{len(listed)} pairs; largest difference {difference:.1e}, largest entry {largest:.1f}")

# %% [markdown]
# ## Training on the whole text
#
# `jaxtext.train` follows the fast path. Every random draw comes from the key, so the same key gives
# the same vectors. With `progress=True` a bar shows how far training has come. Without `epochs`,
# their number follows from the length of the text: the shorter it is, the more there are. Ten are
# fewer than that here, to save time.
#
# The result is an `Embeddings`: the words, their counts and their vectors. A notebook shows its
# first rows and columns.

# %%
usual = training.settings.epochs_of(jaxtext.Sgns(dim=50), len(vocab), len(ids))
print(f"epochs without the setting: {usual}")
vectors = jaxtext.train(jax.random.key(0), corpus, method)
vectors

# %% [markdown]
# ## Neighbors
#
# Training has learned two vectors for each word, one as a center and one as a context. A word is
# looked up by its row in either table. The center vectors are the usual choice for a single vector
# per word; `Embeddings.vectors` also returns the context vectors, or the sum, the average or the
# concatenation of both. The last keeps everything that was learned, in twice the dimensions. Two
# words count as similar if their vectors point in
# similar directions, that is, if the cosine of the angle between them is close to one.

# %%
jaxtext.neighbors(vectors, "matrix", top=6)

# %% [markdown]
# A list of words is answered in one go:

# %%
words = ["gradient", "string", "file", "random"]
for word, answers in zip(words, jaxtext.neighbors(vectors, words, top=6), strict=True):
    print(f"{word:10}", ", ".join(f"{near} {cosine:.2f}" for near, cosine in answers))

# %% [markdown]
# An analogy asks for a fourth word: "row" is to "rows" as "column" is to what? The answers are the
# words nearest to rows - row + column.

# %%
jaxtext.analogy(vectors, "row", "rows", "column", top=3)

# %% [markdown]
# ## A map of the words
#
# Fifty dimensions cannot be drawn, but two can. Principal components (PCA) are the two directions
# in which the vectors differ most; what differs in the others is lost. t-SNE places the words so
# that neighbors stay neighbors, and gives up the large distances for it: groups can be read, but
# not how far they are from each other. It needs scikit-learn.
#
# The map has the words of rank 51 to 350, since the most frequent words keep company with all. A
# word and those of its nearest neighbors that are on the map are brown. In a running notebook, the
# cell below has a list of words to choose from.

# %%
ranks = slice(50, 350)
on_map = vocab.words[ranks]
planes = {"PCA": plane.pca(vectors.center[ranks])}
try:
    planes = {"t-SNE": plane.tsne(vectors.center[ranks]), **planes}
except jaxtext.InputError:
    print("without scikit-learn, by PCA alone")
ways = list(planes)
asked = [word for word in ("matrix", "file", "string", "random", "error") if word in on_map]


def draw_map(word=asked[0], by=ways[0]):
    near = [word, *(each for each, _ in jaxtext.neighbors(vectors, word, top=10))]
    figure, ax = plt.subplots(figsize=(8, 6.6), layout="tight")
    maps.draw_words(planes[by], on_map, ax, f"{word} and its neighbors, {by}", marked=near)
    return figure


interactive.show(
    draw_map,
    {"word": asked, "by": ways},
    draw_map(),
    "A map of 300 words. Words of a kind stand together: single letters in one place, numbers in "
    "another, and so do words of files and text, of arrays, and of probability.",
)

# %% [markdown]
# The cosine ignores the length of the vectors, but the length is not arbitrary. It tends to grow
# with the count of the word, and is smaller again for the most frequent words.

# %%
lengths = np.linalg.norm(vectors.center, axis=1)
figure, ax = plt.subplots(figsize=(7, 3.6))
ax.semilogx(vectors.counts, lengths, ".", markersize=3)
ax.set(xlabel="count", ylabel="length of the center vector")
plots.show(
    figure,
    "The length of the center vectors against the count, a dot per word. It rises with the count, "
    "and falls again for the most frequent words.",
)

# %% [markdown]
# ## Saving and loading
#
# The ending of the file's name chooses the format. `.safetensors` keeps both tables and the counts;
# `.bin` and `.txt` are the formats of word2vec, which other programs read.

# %%
with tempfile.TemporaryDirectory() as folder:
    jaxtext.save(vectors, Path(folder) / "vectors.safetensors")
    jaxtext.save(vectors, Path(folder) / "vectors.bin")
    again = jaxtext.load(Path(folder) / "vectors.safetensors")
    from_word2vec = jaxtext.load(Path(folder) / "vectors.bin")

assert np.array_equal(again.center, vectors.center)
assert np.array_equal(again.context, vectors.context)
print(again)
print(from_word2vec)

# %% [markdown]
# `jaxtext train` does all this on the command line, and the functions above accept the folder that
# it leaves: `jaxtext.load("runs/name")`.
#
# ## Conclusion
#
# - A text becomes word vectors in steps that can each be looked at: tokens, a vocabulary, ids,
#   pairs, a loss and its gradient. Each is a function of what comes before it.
# - Chance enters in the first vectors, in what is skipped and how wide the windows are, and in the
#   negatives. All of it follows from one key.
# - The fast path has the same gradient as the loss that is written for a single pair.
#
# ## Things to try
#
# - Read a text of your own with `jaxtext.read("my.txt")`, and ask for neighbors of its words.
# - Train with another key. Which neighbors stay? The words without many occurrences change most.
# - Leave out `epochs`, and compare the neighbors with those above.
# - Compare windows of one and of ten words. Which one finds words of the same kind, which one words
#   of the same topic?
# - Which words stand together on the map by t-SNE, and which of them by PCA? A command,
#   `jaxtext report`, makes a page with a larger map.
# - Ask `jaxtext.neighbors` with `kind="context"`. Are the answers words of the same kind?
