"""Blocks of text -> numbers of their pieces, in order of appearance, by several processes.

Most of the time of reading a text goes into looking up each piece in a dict. The blocks of a long
text are therefore dealt out to one process per core. Each process numbers the pieces in the order
in which it meets them, and reports those that are new to it. Taking the blocks in order, these
pieces then get their place among the pieces of the whole text. The result does not depend on the
number of processes.
"""

import subprocess
import sys
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from itertools import islice
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

LINE_END = b"\0"  # the piece that stands for a line break; text has no zero byte
ALONE = 4  # blocks of a text that are numbered without other processes
AHEAD = 2  # blocks of each process that may wait


class Numbered(NamedTuple):
    """The pieces of a block by number, and those that its source has not met before."""

    new: list[bytes]
    numbers: Int[np.ndarray, " n"]


def in_order(*first: bytes) -> defaultdict[bytes, int]:
    """Return a dict that numbers keys in the order in which they are looked up, after `first`.

    >>> number = in_order(b"a")
    >>> number[b"b"], number[b"a"], number[b"c"]
    (1, 0, 2)
    """
    number: defaultdict[bytes, int] = defaultdict()
    number.default_factory = number.__len__
    for key in first:
        number[key]
    return number


class Source:
    """Numbers pieces in this process."""

    def __init__(self, table: bytes):
        self.table = table
        self.known = in_order()

    def number(self, block: bytes) -> Numbered:
        """Cut a block into pieces and number them."""
        before = len(self.known)
        pieces = block.translate(self.table).replace(b"\n", b" " + LINE_END + b" ").split()
        numbers = np.fromiter(map(self.known.__getitem__, pieces), np.int32, len(pieces))
        new = list(islice(reversed(self.known), len(self.known) - before))
        return Numbered(new[::-1], numbers)


class Process:
    """Numbers pieces in a separate process, until it is closed."""

    def __init__(self, table: bytes):
        # Only this file is run, since importing the package takes several times as long.
        command = [sys.executable, "-P", __file__]
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing)
        assert self.process.stdin and self.process.stdout
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        self.stdin.write(table)

    def number(self, block: bytes) -> Numbered:
        """Let the process number a block. Raises `OSError` or `ValueError` if it is gone."""
        self.stdin.write(len(block).to_bytes(8, "little") + block)
        self.stdin.flush()
        new, numbers = (self.stdout.read(_size(self.stdout.read(8))) for _ in range(2))
        return Numbered(new.split(), np.frombuffer(numbers, np.int32))

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        with suppress(OSError), self.process:
            pass


def answer() -> None:
    """Number the blocks that come from standard input, until there are no more."""
    with suppress(BrokenPipeError, KeyboardInterrupt):
        source = Source(sys.stdin.buffer.read(256))
        while size := sys.stdin.buffer.read(8):
            new, numbers = source.number(sys.stdin.buffer.read(_size(size)))
            for part in (b" ".join(new), numbers.tobytes()):
                sys.stdout.buffer.write(len(part).to_bytes(8, "little") + part)
            sys.stdout.buffer.flush()


def _size(of: bytes) -> int:
    if len(of) != 8:
        raise ValueError("the other process has ended")
    return int.from_bytes(of, "little")


def numbered(
    blocks: Iterable[bytes],
    table: bytes,
    number: defaultdict[bytes, int],
    workers: int | None = None,
) -> Iterator[Int[np.ndarray, " n"]]:
    """Yield the numbers of the pieces of each block, as `number` (see `in_order`) gives them.

    `table` says which bytes separate pieces. The blocks of a text are dealt out to `workers`
    processes, by default one per core, if there are more than `ALONE` of them.
    """
    here = Source(table)
    table_of: dict[int, Int[np.ndarray, " m"]] = {}  # of a source: number of each of its pieces

    def known(source: Source | Process, found: Numbered) -> Int[np.ndarray, " n"]:
        new = np.fromiter(map(number.__getitem__, found.new), np.int32, len(found.new))
        after = np.append(table_of.get(id(source), np.zeros(0, np.int32)), new)
        table_of[id(source)] = after
        return after[found.numbers]

    blocks = iter(blocks)
    for block in islice(blocks, ALONE):
        yield known(here, here.number(block))
    if workers is None:
        from jaxtext.base.cores import cores  # not for the processes, which start with this file

        workers = cores()
    with ExitStack() as stack:
        waiting: deque[tuple[Source | Process, Future[Numbered], bytes]] = deque()

        def finished() -> Int[np.ndarray, " n"]:
            source, future, block = waiting.popleft()
            try:
                return known(source, future.result())
            except (OSError, ValueError):  # for example, the process was killed
                return known(here, here.number(block))

        sources: list[tuple[Source | Process, ThreadPoolExecutor]] = []
        for place, block in enumerate(blocks):
            if not sources:
                sources = _sources(table, workers, here, stack)
            source, thread = sources[place % len(sources)]
            waiting.append((source, thread.submit(source.number, block), block))
            if len(waiting) > AHEAD * len(sources):
                yield finished()
        while waiting:
            yield finished()


def _sources(
    table: bytes, workers: int, here: Source, stack: ExitStack
) -> list[tuple[Source | Process, ThreadPoolExecutor]]:
    """Start the processes, each with a thread that speaks to it; without any, `here` numbers."""
    sources: list[Source | Process] = []
    with suppress(OSError):
        for _ in range(workers if workers > 1 else 0):
            process = Process(table)
            stack.callback(process.close)
            sources.append(process)
    threads = [stack.enter_context(ThreadPoolExecutor(1)) for _ in sources or [here]]
    return list(zip(sources or [here], threads, strict=True))


if __name__ == "__main__":
    answer()
