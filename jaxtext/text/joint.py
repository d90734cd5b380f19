"""Counts of a text that several processes have read: added up by ranges of rows, then dealt out.

Each process counts its share. Through the folder that all of them see, it then gets what all have
counted in some successive rows, adds it up, and gives the sum away. The counts are whole numbers,
so that the sum does not depend on the shares.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from jaxtyping import Int
from scipy import sparse

from jaxtext.base.team import Rows
from jaxtext.text.cooccurrence import memory_for
from jaxtext.text.encoded import Share
from jaxtext.text.merging import added_up, read_counts, read_spilled, spilled

OWN = "own"
Deal = Callable[[Int[np.ndarray, " V"]], Rows]


def joint(
    counts: sparse.csr_array, share: Share, deal: Deal, memory: int | None = None
) -> tuple[sparse.csr_array, Rows]:
    """Add up the counts of all processes, [V, V] each; return the rows that are dealt to this one.

    `deal` tells which rows each process gets, given the number of entries of each row. The other
    rows of the result are empty.
    """
    team, size = share.team, counts.shape[0]  # pyright: ignore
    number = len(list(share.own.glob("counts-*")))  # the same in all processes
    folder = share.own / f"counts-{number}"
    folder.mkdir()
    spilled(counts, folder / OWN)
    team.tell()
    folders = [share.folder / str(each) / folder.name for each in range(team.processes)]
    runs = [read_spilled(each / OWN, size) for each in folders]
    entries = np.sum([run.indptr.astype(np.int64) for run in runs], axis=0)
    shares = entries[-1] * np.arange(1, team.processes) // team.processes
    cuts = [0, *np.searchsorted(entries[1:], shares, "left").tolist(), size]
    ranges = [range(*each) for each in pairwise(np.maximum.accumulate(cuts).tolist())]
    added_up(runs, ranges[team.process], memory_for(memory), folder)
    team.tell()
    parts = [read_counts(each, size, counts.dtype) for each in folders]
    rows = deal(np.concatenate([np.diff(part.indptr) for part in parts]).astype(np.int64))
    mine = [
        part[np.flatnonzero(rows.mine[of.start : of.stop])]
        for part, of in zip(parts, ranges, strict=True)
    ]
    found = sparse.csr_array(sparse.vstack(mine, format="csr"))
    lengths = np.zeros(size + 1, np.int64)
    lengths[1:][rows.mine] = np.diff(found.indptr)
    indptr = np.cumsum(lengths).astype(found.indptr.dtype)
    return sparse.csr_array((found.data, found.indices, indptr), shape=(size, size)), rows
