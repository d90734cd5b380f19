import gzip
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from teams import together

from jaxtext.base.errors import InputError
from jaxtext.text.cooccurrence import cooccurrence, thinned
from jaxtext.text.encoded import Encoded
from jaxtext.text.reading import Reading, encode_files
from jaxtext.text.shares import digest, shares
from jaxtext.text.sources import Stretch, read_blocks
from jaxtext.text.whole import Whole

SPAN = 90  # tokens; some sentences are longer
LINES = st.lists(st.sampled_from(["a b", "", " ", "c" * 40, "d e\r", "é ü"]), max_size=30)


def content_of(stretches, **how):
    return b"".join(read_blocks(stretches, **how))


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(LINES, min_size=1, max_size=3), number=st.integers(1, 7), ends=st.booleans())
def test_shares_are_the_text_whole_in_order_and_cut_at_line_ends(
    tmp_path_factory, lines, number, ends
):
    folder = tmp_path_factory.mktemp("text")
    files = []
    for place, content in enumerate(lines):
        text = "\n".join(content) + "\n" * ends
        (folder / f"{place}.txt").write_bytes(text.encode() or b"\n")
        files.append(str(folder / f"{place}.txt"))
    found = shares(files, number, "utf-8")
    assert len(found) == number
    assert b"".join(map(content_of, found)) == content_of(files)


def test_paragraphs_are_cut_behind_empty_lines(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"".join(b"one\ntwo\n\n" for _ in range(50)))
    for number in (2, 3, 8):
        for share in shares([str(path)], number, "utf-8", paragraphs=True):
            for _, start, stop in share:
                for place in (start, stop):
                    assert place in (0, path.stat().st_size) or place % 9 == 0


def test_what_cannot_be_cut_goes_to_one_process(tmp_path):
    files = []
    for place in range(4):
        path = tmp_path / f"{place}.gz"
        path.write_bytes(
            gzip.compress(random.Random(place).randbytes(5_000).hex().encode() + b"\n")
        )
        files.append(str(path))
    utf16 = tmp_path / "u.txt"
    utf16.write_bytes("eins zwei\n".encode("utf-16"))
    found = shares([*files, str(utf16)], 3, "utf-8")
    assert [stretch for share in found for stretch in share] == [
        Stretch(each) for each in [*files, str(utf16)]
    ]
    assert sum(map(bool, found)) == 3
    assert all(
        start == 0 and stop is None
        for share in shares(files[:1], 2, "cp1252")
        for _, start, stop in share
    )


def test_a_pipe_has_no_shares():
    with pytest.raises(InputError, match="several processes cannot read one pipe"):
        shares(["-"], 2, "utf-8")


def test_an_error_in_a_share_names_the_line_of_the_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"good line\n" * 99 + b"bad \xff line\n")
    last = shares([str(path)], 3, "utf-8")[2]
    with pytest.raises(InputError, match=r"byte 0xff at line 100, byte 5"):
        content_of(last)


def test_the_hash_of_a_share_is_that_of_its_blocks(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"x\n" * 1000)
    one, two = (
        digest(share, "utf-8", "strict", False) for share in shares([str(path)], 2, "utf-8")
    )
    assert one == two != digest([Stretch(str(path))], "utf-8", "strict", False)


@pytest.fixture
def file(tmp_path, rng):
    ids = rng.zipf(1.4, 9_000) % 300
    lines = np.split(ids, np.sort(rng.integers(0, len(ids), 150)))
    path = tmp_path / "text.txt"
    path.write_text("\n".join(" ".join(f"w{word}" for word in line) for line in lines))
    return str(path)


@pytest.mark.parametrize("processes", [2, 3, 5])
def test_a_team_reads_the_text_of_one_process(file, tmp_path, processes):
    def read(team):
        folder = tmp_path / str(team.processes)
        folder.mkdir(exist_ok=True)
        corpus = encode_files([file], Reading(min_count=2), folder, team=team)
        whole = Whole.of(corpus.text, corpus.share)
        pieces = [whole.taken(*each) for each in whole.spans(SPAN)]
        return corpus, pieces

    ((alone, expected),) = together(1, read)
    found = together(processes, read)
    for corpus, _ in found:
        assert corpus.vocab.words == alone.vocab.words
        assert corpus.vocab.counts.tolist() == alone.vocab.counts.tolist()
        assert (corpus.sha256, corpus.tokens) == (alone.sha256, alone.tokens)
        assert (corpus.kept, corpus.sentences) == (alone.kept, alone.sentences)
    joined = np.concatenate([corpus.text.ids for corpus, _ in found])
    np.testing.assert_array_equal(joined, alone.text.ids)
    assert len(expected) > 50
    for _, pieces in found:
        for piece, other in zip(pieces, expected, strict=True):
            np.testing.assert_array_equal(piece.ids, other.ids)
            np.testing.assert_array_equal(piece.ends, other.ends)


@pytest.mark.parametrize("start", [1, 2, 500, 777])
def test_a_share_is_thinned_as_in_the_whole_text(rng, start):
    text = Encoded(rng.integers(0, 5, 1_000).astype(np.int32), np.array([start, 1_000]))
    keep = np.full(5, 0.5)
    whole = thinned(text, keep, np.random.default_rng(3))
    first = thinned(Whole.of(text).taken(0, start), keep, np.random.default_rng(3))
    second = thinned(Whole.of(text).taken(start, 1_000), keep, np.random.default_rng(3), start)
    np.testing.assert_array_equal(np.concatenate([first.ids, second.ids]), whole.ids)


def test_counts_of_shares_add_up_to_those_of_the_text(file, tmp_path, rng):
    from jaxtext.base.team import Rows
    from jaxtext.text.cooccurrence import whole_counts
    from jaxtext.text.joint import joint

    def count(team):
        folder = tmp_path / f"n{team.processes}"
        folder.mkdir(exist_ok=True)
        corpus = encode_files([file], Reading(min_count=2), folder, team=team)
        size = len(corpus.vocab)
        counts = whole_counts(corpus.text, size, 4, dynamic=True)
        if corpus.share is None:
            return counts, None
        for _ in range(2):  # one after the other, in folders of their own
            found = joint(
                counts, corpus.share, lambda lengths: Rows.dealt(team, lengths[::50], size, 50)
            )
        return found

    ((alone, _),) = together(1, count)
    for processes in (2, 3):
        found = together(processes, count)
        assert sum(counts for counts, _ in found).toarray().tolist() == alone.toarray().tolist()
        for counts, rows in found:
            assert not counts.toarray()[~rows.mine].any()
    assert Path(tmp_path / "n3" / "2").exists()
    assert cooccurrence(Encoded(np.zeros(1, np.int32), np.ones(1, int)), 1, 1).nnz == 0
