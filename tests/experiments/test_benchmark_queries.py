import numpy as np
import pytest

import jaxtext
from jaxtext import Embeddings
from jaxtext.text import Vocab


@pytest.mark.bench
def test_both_tools_give_the_same_answers(experiment, rng, tmp_path, capsys):
    pytest.importorskip("gensim", reason="needs the bench extra")
    words = tuple(f"w{i}" for i in range(50))
    table = rng.normal(size=(50, 8)).astype(np.float32)
    vectors = Embeddings(Vocab(words, np.arange(50, 0, -1)), table)
    jaxtext.save(vectors, tmp_path / "vectors.safetensors")
    questions = tmp_path / "questions.txt"
    questions.write_text(": some\nw1 w2 w3 w4\nw5 w6 w7 w8\n")
    config = experiment.Config(tmp_path / "vectors.safetensors", questions, 1, 20)
    experiment.main(config)
    printed = capsys.readouterr().out
    assert printed.count("every vector equal: True") == 2
    assert "20 of 20 lists are the same" in printed
    ours, theirs = printed.partition("analogies: accuracy ")[2].splitlines()[0].split(" and ")
    assert ours == theirs
