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
# Two tables of vectors are trained, and all scores $w \cdot c$ together are the product of the two,
# a matrix. Which matrix is it? The answer of the exercise sheet is PMI $- \ln k$. Here it is derived
# and met on a text of seven words. Then a real text shows how near 50 dimensions come, and what is
# left over.

# %%
import tempfile
from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from jaxtext import EmbeddingParams, embeddings, factorization, gap, plots, pmi, query, sampling
from jaxtext import text, training
from jaxtext.training import exact

# %% [markdown]
# ## From counts to PMI
#
# The text is made up: each line is about one of three pairs of words of the sheet, with some others
# by mistake, and a third of all words is "the".

# %%
rng = np.random.default_rng(0)
themes = [["Daenerys", "dragon"], ["Frodo", "ring"], ["Picard", "ship"]]
names = sum(themes, [])


def draw_word(theme):
    if rng.random() < 1 / 3:
        return "the"
    return str(rng.choice(theme if rng.random() < 0.7 else names))


lines = [[draw_word(themes[rng.integers(3)]) for _ in range(0)] for _ in range(0)]
for _ in range(120):
    theme = themes[rng.integers(3)]
    lines.append([draw_word(theme) for _ in range(6)])
for line in lines[:4]:
    print(" ".join(line))
