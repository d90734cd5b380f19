"""States on disk: to the bit, whole or not at all."""

import jax
import numpy as np
import pytest
from safetensors.numpy import save_file

from jaxtext.base.errors import InputError
from jaxtext.runs import checkpoints
from jaxtext.text import Vocab, encode_sentences, sentences
from jaxtext.training import stream
from jaxtext.training.settings import Sgns

IDENTITY = {"text": "a", "options": "b"}


@pytest.fixture(scope="module")
def states(topics):
    """States of one training, before each of its chunks."""
    lines = list(sentences(topics[:500]))
    vocab = Vocab.build(lines, min_count=1)
    found = []
    stream.fit(
        jax.random.key(0), encode_sentences(lines, vocab), vocab.counts,
        Sgns(dim=5, epochs=2), on_state=lambda state: found.append(state()),
    )  # fmt: skip
    assert len(found) > 3
    return found


def save(folder, state):
    checkpoints.save(folder, checkpoints.Snapshot(*state.parts()), IDENTITY)


def test_what_is_saved_is_read_back_to_the_bit_and_the_last_two_are_kept(tmp_path, states):
    for state in states[:4]:
        save(tmp_path, state)
    paths = checkpoints.files(tmp_path)
    assert [path.name for path in paths] == ["000000000003.safetensors", "000000000002.safetensors"]
    snapshot, identity = checkpoints.read(paths[0])
    assert identity == IDENTITY
    state = stream.State.of(*snapshot)
    assert jax.tree.structure(state) == jax.tree.structure(states[3])
    for one, other in zip(jax.tree.leaves(state), jax.tree.leaves(states[3]), strict=True):
        np.testing.assert_array_equal(one, other)
        assert np.asarray(one).dtype == np.asarray(other).dtype


def test_damaged_checkpoints_ahead_take_no_place_of_good_ones(tmp_path, states):
    for state in states[1:4]:
        save(tmp_path, state)
    for path in checkpoints.files(tmp_path):
        path.write_bytes(b"damaged")
    for state in states[:2]:
        save(tmp_path, state)
    assert [path.name[11] for path in checkpoints.files(tmp_path)] == ["1", "0"]
    assert all(checkpoints.read(path) for path in checkpoints.files(tmp_path))


def test_a_checkpoint_with_any_bit_changed_or_cut_anywhere_is_damaged(tmp_path, states, rng):
    save(tmp_path, states[1])
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


def test_a_checkpoint_of_another_format_is_refused_and_not_taken_for_damaged(
    tmp_path, states, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "FORMAT", "0")
        save(tmp_path, states[1])
    with pytest.raises(InputError, match="has format 0, this version reads"):
        checkpoints.read(*checkpoints.files(tmp_path))


@pytest.mark.parametrize(
    ("state", "identity"),
    [('{"number": "1"}', "{}"), ('{"number": 1}', '{"text": 1}'), ("[1]", "{}"), ("7", "[]")],
)
def test_a_checkpoint_of_other_types_is_damaged(tmp_path, states, state, identity):
    arrays = states[1].parts()[1]
    content = {"format": checkpoints.FORMAT, "state": state, "identity": identity}
    content["sha256"] = checkpoints._digest(arrays, content)
    save_file(arrays, tmp_path / "crafted", content)
    assert checkpoints.read(tmp_path / "crafted") is None


def test_a_state_that_is_not_finite_is_never_saved(tmp_path, states):
    keeper = checkpoints.Keeper(tmp_path, IDENTITY, every=0.0)
    snapshot = checkpoints.Snapshot(*states[1].parts())
    arrays = snapshot.arrays | {"center": np.full_like(snapshot.arrays["center"], np.nan)}
    keeper(lambda: snapshot._replace(arrays=arrays))
    assert checkpoints.files(tmp_path) == []
    keeper(lambda: snapshot)
    assert len(checkpoints.files(tmp_path)) == 1
