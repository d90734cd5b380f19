"""A small run, and words that would break a page if they were not escaped."""

import numpy as np
import pytest

import jaxtext
from jaxtext.text.vocab import Vocab
from jaxtext.vectors.embeddings import Embeddings

HOSTILE = (
    "<script>alert(1)</script>", "</script>", "&lt;b&gt;", '"quoted"', "a\x1b[2J", "été",
    "\xa0space", "x" * 5_000,
)  # fmt: skip


@pytest.fixture(scope="session")
def run(topic_file, tmp_path_factory):
    """The folder of a run on the topics."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    jaxtext.run(folder, topic_file, jaxtext.Sgns(dim=8, epochs=8), min_count=1)
    return folder


@pytest.fixture(scope="session")
def other(topic_file, tmp_path_factory):
    """The folder of a run by another method."""
    folder = tmp_path_factory.mktemp("runs") / "second"
    jaxtext.run(folder, topic_file, jaxtext.Exact(dim=8), min_count=1)
    return folder


@pytest.fixture(scope="session")
def hostile():
    """Vectors whose words are markup, and that are otherwise in a row."""
    words = (*HOSTILE, *(f"w{i}" for i in range(20)))
    angles = np.linspace(0, 1, len(words))
    table = np.stack([np.cos(angles), np.sin(angles), np.full(len(words), 0.1)], 1)
    return Embeddings(Vocab(words, np.arange(len(words), 0, -1)), table.astype(np.float32))
