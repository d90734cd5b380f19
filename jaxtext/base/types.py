"""Axis letters and the array structure that the models share.

One letter stands for one thing everywhere:

| letter | axis |
| --- | --- |
| V | words of the vocabulary |
| U | columns of a count matrix: contexts, which need not be words |
| D | dimensions of a word vector |
| B | examples of a batch |
| K | negatives |
| T | tokens of a stream |
| S | sentences |
| N | (center, context) pairs |
| I, O | inputs and outputs of a layer |
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Float, Num
from scipy import sparse

# A matrix of words and contexts, which need not be as many.
Sparse = (
    sparse.csr_array
    | sparse.csc_array
    | sparse.coo_array
    | sparse.csr_matrix
    | sparse.csc_matrix
    | sparse.coo_matrix
)
Dense = Num[np.ndarray, "V U"] | Num[Array, "V U"]
Matrix = Sparse | Dense

# How often each (center, context) occurs: sparse, as returned by `text.cooccurrence`, or dense.
Counts = Sparse | Num[np.ndarray, "V V"] | Num[Array, "V V"]


class EmbeddingParams(NamedTuple):
    """The two tables of skip-gram: each word has one row as center and one as context.

    The same structure holds gradients, so one comparison serves every model.
    """

    center: Float[Array, "V D"]
    context: Float[Array, "V D"]
