"""Where training begins: random tables, singular vectors, or vectors that were trained before."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key
from scipy import sparse

from jaxtext.base.drawing import most
from jaxtext.base.errors import InputError
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
) -> EmbeddingParams:
    """Compute float32 tables whose scores approximate the positive PMI, minus ln k.

    The last dimension represents the shift by ln k or, in its place, `levels` of the contexts,
    unless it is the only one. The center of a word without a pair is zero. With fewer `words` than
    there are, the singular vectors are those of the PMI of the most frequent words with each other,
    and the others follow from their PMI with these. This takes less time, and the dimensions go to
    what is known best: the PMI of rare words is large and mostly chance.
    """
    counts = sparse.csr_array(counts)
    matrix: Any = pmi.positive(pmi.pmi(counts)).astype(np.float32)
    if words is not None and dim <= words < matrix.shape[0]:
        rows, columns = (most(counts.sum(axis=axis), words) for axis in (1, 0))
        svd = _extended_svd(matrix, rows, columns, dim)
    else:
        svd = factorization.truncated_svd(matrix, dim, full_rank=False, steps=STEPS)
    center, context = (table.astype(jnp.float32) for table in factorization.vectors(svd, 0.5))
    if dim > 1:
        level = -math.log(negatives) if levels is None else 1.0
        paired = jnp.asarray(counts.sum(axis=1) > 0)
        center = center.at[:, -1].set(jnp.where(paired, level, 0.0))
        context = context.at[:, -1].set(
            1.0 if levels is None else jnp.asarray(levels, context.dtype)
        )
    return EmbeddingParams(center, context)


def _extended_svd(
    matrix: Any, rows: Int[np.ndarray, " M"], columns: Int[np.ndarray, " M"], dim: int
) -> factorization.SVD:
    """Decompose a part of a sparse matrix and extend its singular vectors to all rows and columns.

    What belongs to a row is its product with the right vectors, divided by the singular values, as
    it is for the rows of the part; and likewise for columns (Nyström's method).
    """
    some = matrix[rows]
    left, values, right = factorization.truncated_svd(
        some[:, columns], dim, full_rank=False, steps=STEPS
    )
    known = values > values[0] * 1e-6
    scale = np.where(known, 1 / np.where(known, values, 1), 0).astype(values.dtype)
    wide = np.zeros((matrix.shape[1], dim), right.dtype)
    wide[columns] = right * scale
    return factorization.SVD(
        factorization.product(matrix, wide),
        values,
        factorization.transposed_product(some, left) * scale,
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
