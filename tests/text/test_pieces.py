"""Numbers of pieces: those of one process, whatever happens to the others."""

import pytest

from jaxtext.text import pieces

TABLE = bytes(range(256))


@pytest.fixture
def blocks(rng):
    """Blocks in which old and new pieces are mixed, and some are empty."""
    words = [b"w%d" % i for i in rng.zipf(1.3, 4000) % 3000] + [b"\n"] * 400
    found = [b" ".join(words[i] for i in rng.integers(0, len(words), 300)) for _ in range(40)]
    return [*found[:20], b"", b"\n", *found[20:]]


def clear(blocks):
    """Number the pieces one by one."""
    number, found = {pieces.LINE_END: 0}, []
    for block in blocks:
        cut = block.replace(b"\n", b" \0 ").split()
        found.append([number.setdefault(piece, len(number)) for piece in cut])
    return found, number


def found_by(workers, blocks):
    number = pieces.in_order(pieces.LINE_END)
    numbers = [each.tolist() for each in pieces.numbered(blocks, TABLE, number, workers)]
    return numbers, dict(number)


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_numbers_are_those_of_one_loop_whatever_the_number_of_processes(blocks, workers):
    expected, order = clear(blocks)
    numbers, found = found_by(workers, iter(blocks))
    assert numbers == expected
    assert list(found.items()) == list(order.items())


def test_a_process_that_is_killed_or_cannot_start_costs_nothing(blocks, monkeypatch):
    expected = clear(blocks)
    original, calls = pieces.Process.number, []

    def killed(self, block):
        calls.append(self)
        if len(calls) == 3:
            self.process.kill()
            self.process.wait()
        return original(self, block)

    monkeypatch.setattr(pieces.Process, "number", killed)
    assert found_by(2, blocks) == expected
    assert len(set(calls)) == 2 and len(calls) > 3

    def none(self, table):
        raise OSError("no processes left")

    monkeypatch.setattr(pieces.Process, "__init__", none)
    assert found_by(2, blocks) == expected


def test_processes_end_with_the_text_and_with_an_error(blocks, monkeypatch):
    started, original = [], pieces.Process.__init__

    def noted(self, table):
        original(self, table)
        started.append(self.process)

    def broken():
        yield from blocks[: pieces.ALONE + 4]
        raise ValueError("damaged")

    monkeypatch.setattr(pieces.Process, "__init__", noted)
    found_by(2, blocks)
    with pytest.raises(ValueError, match="damaged"):
        found_by(2, broken())
    assert len(started) == 4
    assert all(process.poll() is not None for process in started)


def test_a_short_text_starts_no_process(blocks, monkeypatch):
    monkeypatch.setattr(pieces, "_sources", None)
    short = blocks[: pieces.ALONE]
    assert found_by(2, short) == clear(short)
