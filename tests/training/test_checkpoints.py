import json
import os
import signal

import jax
import numpy as np
import pytest

from jaxtext import cli, runs
from jaxtext.text import Vocab, encode_sentences, sentences
from jaxtext.training import checkpoints, stream

IDENTITY = {"text": "a", "options": "b"}
OPTIONS = ["--dim", "8", "--epochs", "3", "--checkpoint-every", "0"]


@pytest.fixture(scope="module")
def states(topics):
    """States of one training, before each of its chunks."""
    lines = list(sentences(topics[:500]))
    vocab = Vocab.build(lines, min_count=1)
    found = []
    stream.fit(
        jax.random.key(0), encode_sentences(lines, vocab), vocab.counts,
        stream.StreamConfig(dim=5, epochs=2), on_state=lambda state: found.append(state()),
    )  # fmt: skip
    assert len(found) > 3
    return found


def test_what_is_saved_is_read_back_to_the_bit_and_the_last_two_are_kept(tmp_path, states):
    for state in states[:4]:
        checkpoints.save(tmp_path, state, IDENTITY)
    paths = checkpoints.files(tmp_path)
    assert [path.name for path in paths] == ["000000000003.safetensors", "000000000002.safetensors"]
    state, identity = checkpoints.read(paths[0])
    assert identity == IDENTITY
    assert jax.tree.structure(state) == jax.tree.structure(states[3])
    for one, other in zip(jax.tree.leaves(state), jax.tree.leaves(states[3]), strict=True):
        np.testing.assert_array_equal(one, other)
        assert np.asarray(one).dtype == np.asarray(other).dtype


def test_a_checkpoint_with_any_bit_changed_or_cut_anywhere_is_damaged(tmp_path, states, rng):
    checkpoints.save(tmp_path, states[1], IDENTITY)
    (path,) = checkpoints.files(tmp_path)
    content = path.read_bytes()
    for place in [*range(8, 400, 7), *rng.integers(0, len(content), 40).tolist()]:
        changed = bytearray(content)
        changed[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(changed)
        assert checkpoints.read(path) is None, place
    for size in (0, 7, 100, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:size])
        assert checkpoints.read(path) is None
    path.write_bytes(content)
    assert checkpoints.read(path) is not None


def test_a_state_that_is_not_finite_is_never_saved(tmp_path, states):
    keeper = checkpoints.Keeper(tmp_path, IDENTITY, every=0.0)
    broken = states[1].params._replace(center=np.full_like(states[1].params.center, np.nan))
    keeper(lambda: states[1]._replace(params=broken))
    assert checkpoints.files(tmp_path) == []
    keeper(lambda: states[1])
    assert len(checkpoints.files(tmp_path)) == 1


@pytest.fixture
def stopped(topic_file, tmp_path, monkeypatch):
    """Train until the fifth checkpoint, where a signal arrives; the run and the exit status."""
    save, saved = checkpoints.save, []

    def train(number):
        def then(*arguments):
            save(*arguments)
            saved.append(arguments)
            if len(saved) == 5:
                os.kill(os.getpid(), number)

        monkeypatch.setattr(checkpoints, "save", then)
        out = tmp_path / "stopped"
        status = cli.run(["train", str(topic_file), "--out", str(out), *OPTIONS])
        monkeypatch.setattr(checkpoints, "save", save)
        return out, status

    return train


@pytest.fixture(scope="module")
def whole(topic_file, tmp_path_factory):
    """The same training without a stop."""
    out = tmp_path_factory.mktemp("whole") / "run"
    assert cli.run(["train", str(topic_file), "--out", str(out), *OPTIONS[:4]]) == 0
    return runs.Run(out).read_json(runs.MANIFEST)["vectors_sha256"]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_is_resumed_to_the_same_bits(stopped, whole, number, status, capsys):
    before = signal.getsignal(number)
    out, found = stopped(number)
    assert found == status and signal.getsignal(number) is before
    assert f"go on with: jaxtext train --resume --out {out}" in capsys.readouterr().err
    assert not (out / runs.MANIFEST).exists() and len(checkpoints.files(out)) == 2
    assert cli.run(["train", "--resume", "--out", str(out)]) == 0
    assert "resumed" in capsys.readouterr().out
    assert runs.Run(out).read_json(runs.MANIFEST)["vectors_sha256"] == whole
    done = [json.loads(line)["done"] for line in (out / runs.METRICS).read_text().splitlines()]
    assert done == sorted(done) and done[-1] == 1
    assert cli.run(["train", "--resume", "--out", str(out)]) == 2
    assert "is finished already" in capsys.readouterr().err


def test_a_damaged_checkpoint_gives_way_to_the_one_before(stopped, whole, capsys):
    out, _ = stopped(signal.SIGTERM)
    newest, _ = checkpoints.files(out)
    newest.write_bytes(newest.read_bytes()[:-3])
    assert cli.run(["train", "--resume", "--out", str(out)]) == 0
    assert f"{newest}: damaged, the one before is used" in capsys.readouterr().out
    assert runs.Run(out).read_json(runs.MANIFEST)["vectors_sha256"] == whole


def test_a_run_is_resumed_with_its_own_text_and_options_only(
    stopped, topic_file, tmp_path, capsys, monkeypatch
):
    out, _ = stopped(signal.SIGTERM)
    resume = ["--resume", "--out", str(out)]

    def refused(*arguments):
        capsys.readouterr()
        assert cli.run(["train", *arguments]) == 2
        error = capsys.readouterr().err
        assert error.startswith("jaxtext: --resume: ") and error.count("\n") == 1
        return error

    other = tmp_path / "other.txt"
    other.write_text("another text\n")
    assert "--dim was 8" in refused(str(topic_file), "--dim", "9", "--epochs", "3", *resume)
    assert "the text was" in refused(str(other), *OPTIONS, *resume)
    assert "holds no run" in refused("--resume", "--out", str(tmp_path / "nothing"))
    with monkeypatch.context() as patch:
        patch.setattr("jaxtext.__version__", "9.9")
        assert "version of jaxtext" in refused(*resume)
    content = topic_file.read_text()
    topic_file.write_text(content.replace("t0w0", "t0w1", 1))
    assert "the text (SHA-256) of" in refused(*resume)
    topic_file.write_text(content)
    assert len(checkpoints.files(out)) == 2


def test_a_run_without_a_checkpoint_begins_anew(stopped, whole, capsys):
    out, _ = stopped(signal.SIGTERM)
    for path in checkpoints.files(out):
        path.unlink()
    assert cli.run(["train", "--resume", "--out", str(out)]) == 0
    assert "no checkpoint yet: begun anew" in capsys.readouterr().out
    assert runs.Run(out).read_json(runs.MANIFEST)["vectors_sha256"] == whole
