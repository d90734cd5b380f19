"""Words in a plane, for maps: two coordinates for each vector."""

import numpy as np
from jaxtyping import Float

from jaxtext.base.errors import InputError
from jaxtext.vectors.embeddings import normalize

PERPLEXITY = 30.0  # of t-SNE: how many neighbors a word has, about


def pca(vectors: Float[np.ndarray, "V D"]) -> Float[np.ndarray, "V 2"]:
    """Return the two principal components of vectors of length one (Pearson 1901).

    The largest coordinate of each is positive, so that a map is not mirrored the next time.

    >>> pca(np.eye(3)).shape
    (3, 2)
    """
    unit = normalize(np.asarray(vectors, np.float64))
    centered = unit - unit.mean(axis=0)
    left, values, _ = np.linalg.svd(centered, full_matrices=False)
    found = np.zeros((len(unit), 2))
    width = min(2, left.shape[1])
    found[:, :width] = left[:, :width] * values[:width]
    largest = found[np.abs(found).argmax(axis=0), [0, 1]]
    return found * np.where(largest < 0, -1, 1)


def tsne(vectors: Float[np.ndarray, "V D"], seed: int = 0) -> Float[np.ndarray, "V 2"]:
    """Return coordinates in which the neighbors of words stay together (van der Maaten 2008).

    Distances between groups of words mean nothing. Needs scikit-learn, and uses one core: with
    several, which wait for each other, it is many times slower where other programs run.

    Raises `InputError` without it, and for fewer than four words.
    """
    try:
        from sklearn.manifold import TSNE
        from threadpoolctl import threadpool_limits  # comes with scikit-learn
    except ImportError:
        raise InputError("scikit-learn is not installed: pip install -e '.[report]'") from None
    if len(vectors) < 4:
        raise InputError(f"t-SNE needs at least 4 words, found {len(vectors)}")
    unit = normalize(np.asarray(vectors, np.float64))
    start = pca(unit)
    start *= 1e-4 / max(start[:, 0].std(), np.finfo(float).tiny)
    perplexity = min(PERPLEXITY, (len(unit) - 1) / 3)
    model = TSNE(perplexity=perplexity, init=start, random_state=seed)
    with threadpool_limits(1):
        return np.asarray(model.fit_transform(unit), np.float64)
