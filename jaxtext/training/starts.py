"""Where training begins: random tables, singular vectors, or vectors that were trained before."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key
from scipy import sparse

from jaxtext.base.drawing import most
from jaxtext.base.errors import InputError
from jaxtext.base.team import Rows
from jaxtext.base.types import Counts, EmbeddingParams
from jaxtext.models import factorization, pmi
from jaxtext.text.vocab import Vocab
from jaxtext.vectors.embeddings import Embeddings

FREQUENT = 8_192  # words whose singular vectors suffice for a large vocabulary
STEPS = 2  # of subspace iteration, which need not converge: the passes do the rest


def random(key: Key[Array, ""], vocab_size: int, dim: int) -> EmbeddingParams:
    """Draw both tables from the normal distribution with variance 1/D.

    Scores then have variance 1/D, so that training begins where the sigmoid is steep.
    """
    keys = jax.random.split(key)
    scale = 1 / math.sqrt(dim)
    tables = [scale * jax.random.normal(each, (vocab_size, dim), jnp.float32) for each in keys]
    return EmbeddingParams(*tables)


def singular_vectors(
    counts: Counts,
    negatives: int,
    dim: int,
    levels: Float[np.ndarray, " V"] | None = None,
    words: int | None = None,
    rows: Rows | None = None,
) -> EmbeddingParams:
    """Compute float32 tables whose scores approximate the positive PMI, minus ln k.

    The last dimension represents the shift by ln k or, in its place, `levels` of the contexts,
    unless it is the only one. The center of a word without a pair is zero. With fewer `words` than
    there are, the singular vectors are those of the PMI of the most frequent words with each other,
    and the others follow from their PMI with these. This takes less time, and the dimensions go to
    what is known best: the PMI of rare words is large and mostly chance. In a team, the counts have
    but some `rows`, and are symmetric.
    """
    matrix = PositivePmi.of(counts, rows)
    if words is not None and dim <= words < len(matrix.rows.owner):
        svd = _extended_svd(matrix, dim, words)
    else:
        svd = factorization.truncated_svd(matrix.products(), dim, full_rank=False, steps=STEPS)
    center, context = (table.astype(jnp.float32) for table in factorization.vectors(svd, 0.5))
    if dim > 1:
        level = -math.log(negatives) if levels is None else 1.0
        paired = jnp.asarray(matrix.centers > 0)
        center = center.at[:, -1].set(jnp.where(paired, level, 0.0))
        context = context.at[:, -1].set(
            1.0 if levels is None else jnp.asarray(levels, context.dtype)
        )
    return EmbeddingParams(center, context)


class PositivePmi(NamedTuple):
    """The positive PMI of counts, less ln k, in float32; a process of a team has some of its rows.

    The counts of a team are symmetric, so that its rows are also those of the counts transposed.
    """

    rows: Rows
    counts: sparse.csr_array  # [R, V], as the next
    by_center: sparse.csr_array
    centers: Float[np.ndarray, " V"]  # how often each occurs
    contexts: Float[np.ndarray, " V"]
    negatives: int
    exponent: float

    @classmethod
    def of(
        cls, counts: Counts, rows: Rows | None, negatives: int = 1, exponent: float = 1.0
    ) -> "PositivePmi":
        """Compute the PMI; `exponent` smooths the distribution of contexts."""
        whole = sparse.csr_array(counts)
        rows = Rows.all(whole.shape[0]) if rows is None else rows  # pyright: ignore
        some = rows.own(whole)
        centers, contexts = rows.sums(whole), rows.column_sums(whole)
        found = cls(rows, some, some, centers, contexts, negatives, exponent)
        return found._replace(by_center=found._part(by_context=False))

    def _part(self, by_context: bool) -> sparse.csr_array:
        ids = np.flatnonzero(self.rows.mine)
        scores: Any = pmi.of_part(
            self.counts, ids, self.centers, self.contexts, self.exponent, by_context
        )
        scores.data -= np.log(self.negatives)
        return sparse.csr_array(pmi.positive(scores), dtype=np.float32)

    def by_context(self, centers: Int[np.ndarray, " M"] | None = None) -> sparse.csr_array:
        """Return the rows of the matrix transposed, with all centers or some."""
        if self.rows.team.processes == 1:
            some = self.by_center if centers is None else self.by_center[centers]
            return sparse.csr_array(some.T)
        whole: Any = self._part(by_context=True)
        return whole if centers is None else whole[:, centers]

    def products(self) -> factorization.Products:
        """Return products with the whole matrix."""
        size = len(self.rows.owner)
        return products((size, size), (self.rows, self.by_center), (self.rows, self.by_context()))


def products(
    shape: tuple[int, int],
    matrix: tuple[Rows, sparse.csr_array],
    transposed: tuple[Rows, sparse.csr_array],
) -> factorization.Products:
    """Return products with a matrix and its transpose, of which a process has some rows each."""

    def times(rows: Rows, some: sparse.csr_array) -> Callable[[np.ndarray], np.ndarray]:
        multiplied = factorization.multiplier(some)
        return lambda x: rows.whole(multiplied(x))

    return factorization.Products(shape, matrix[1].dtype, times(*matrix), times(*transposed))


def _extended_svd(matrix: PositivePmi, dim: int, words: int) -> factorization.SVD:
    """Decompose the part of frequent words and extend its singular vectors to all.

    What belongs to a row is its product with the right vectors, divided by the singular values, as
    it is for the rows of the part; and likewise for columns (Nyström's method).
    """
    rows, size = matrix.rows, len(matrix.rows.owner)
    centers, contexts = most(matrix.centers, words), most(matrix.contexts, words)
    by_context = matrix.by_context(centers)
    ids = np.flatnonzero(rows.mine)
    some: Any = matrix.by_center[np.flatnonzero(np.isin(ids, centers))]
    part = rows._replace(owner=rows.owner[centers]), some[:, contexts]
    transposed = by_context[np.flatnonzero(np.isin(ids, contexts))]
    left, values, right = factorization.truncated_svd(
        products((words, words), part, (rows._replace(owner=rows.owner[contexts]), transposed)),
        dim, full_rank=False, steps=STEPS,
    )  # fmt: skip
    known = values > values[0] * 1e-6
    scale = np.where(known, 1 / np.where(known, values, 1), 0).astype(values.dtype)
    wide = np.zeros((size, dim), right.dtype)
    wide[contexts] = right * scale
    return factorization.SVD(
        rows.whole(factorization.multiplier(matrix.by_center)(wide)),
        values,
        rows.whole(factorization.multiplier(by_context)(left)) * scale,
    )


def given(vectors: Embeddings, vocab: Vocab, usual: EmbeddingParams) -> EmbeddingParams:
    """Replace the rows of `usual` by the given vectors, where those contain the word.

    Words of `vocab` that `vectors` lack keep their usual rows. If `vectors` have no context table,
    all contexts keep theirs.

    Raises `InputError` for vectors of another dimension, and for vectors without any word of
    `vocab`.
    """
    dim = usual.center.shape[1]
    if vectors.dim != dim:
        raise InputError(
            f"has {vectors.dim} dimensions and the method {dim}: use dim={vectors.dim}", "start"
        )
    places = np.array([vectors.vocab.index.get(word, -1) for word in vocab.words], np.int64)
    known = places >= 0
    if not known.any():
        raise InputError("has none of the words of this text", "start")

    def replaced(table: Array, rows: np.ndarray | None) -> Array:
        if rows is None:
            return table
        merged = np.array(table)
        merged[known] = rows[places[known]]
        return jnp.asarray(merged)

    return EmbeddingParams(
        replaced(usual.center, vectors.center), replaced(usual.context, vectors.context)
    )
