"""Processes that work on one text together, and how they tell each other what they have."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import sparse

from jaxtext.base.errors import InputError


class Parted(InputError):
    """Another process has failed or is gone, so that this one cannot go on.

    `resumable` is the folder of the run if the run can be resumed.
    """

    resumable: Any = None


def _alone(mine: Any) -> list[Any]:
    return [mine]


class Team(NamedTuple):
    """One of several processes, or the only one.

    Whatever a process does with the others, all of them must do, in the same order. `exchange`
    gives a short text to all processes and returns those of all, in order; `gather` does the same
    with arrays of one shape. `swap` gives each process another part of an array [processes, ...],
    and returns the parts that all have for this one. They raise `Parted` when another process has
    failed. As a context, a team waits for all at the end of the block, and tells the others of an
    error, which ends them. `check` waits a moment and raises `Parted` if another process has
    failed.
    """

    process: int = 0
    processes: int = 1
    exchange: Callable[[str], list[str]] = _alone
    gather: Callable[[np.ndarray], list[np.ndarray]] = _alone
    swap: Callable[[np.ndarray], list[np.ndarray]] = list
    leave: Callable[[str | None], None] = lambda failure: None
    check: Callable[[], None] = lambda: None

    def __enter__(self) -> "Team":
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self.leave(None if error is None else _line(error))

    @contextmanager
    def warned(self) -> Iterator[None]:
        """Tell the others of an error at once, before anything is cleaned up."""
        try:
            yield
        except BaseException as error:
            self.leave(_line(error))
            raise

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes what all have made."""
        return self.process == 0

    def tell(self, mine: Any = None) -> list[Any]:
        """Exchange values that fit into JSON; without one, wait for the others."""
        return [json.loads(each) for each in self.exchange(json.dumps(mine))]

    def check_same(self, mine: dict[str, Any], advice: str) -> None:
        """Raise `InputError`, in all processes, if they do not have the same named values."""
        first, *others = self.tell(mine)
        for number, other in enumerate(others, 1):
            for name in first | other:
                if first.get(name) != other.get(name):
                    raise InputError(
                        f"the {name} of process {number} is {other.get(name)}, and that of "
                        f"process 0 is {first.get(name)}: {advice}"
                    )


ALONE = Team()


class Rows(NamedTuple):
    """Which rows of a table each process of a team computes."""

    team: Team
    owner: Int[np.ndarray, " V"]  # the process of each row

    @classmethod
    def dealt(cls, team: Team, work: Int[np.ndarray, " G"], size: int, rows: int) -> "Rows":
        """Deal groups of `rows` successive rows out to a team, so that all have as much to do.

        `work` is that of each group. The heaviest is dealt first, and each to the process that has
        the least to do.
        """
        load = np.zeros(team.processes, np.int64)
        owner = np.zeros(len(work), np.int64)
        for group in np.argsort(-work, kind="stable"):
            owner[group] = load.argmin()
            load[owner[group]] += work[group]
        return cls(team, np.repeat(owner, rows)[:size])

    @classmethod
    def all(cls, size: int) -> "Rows":
        """Return the rows of the only process."""
        return cls(ALONE, np.zeros(size, np.int64))

    @property
    def mine(self) -> Bool[np.ndarray, " V"]:
        """Which rows are those of this process."""
        return self.owner == self.team.process

    def sums(self, table: Any) -> Float[np.ndarray, " V"]:
        """Return the sum of each row of a matrix."""
        return self.whole(np.asarray(self.own(table).sum(axis=1), np.float64))

    def column_sums(self, table: Any) -> Float[np.ndarray, " V"]:
        """Return the sum of each column of a matrix, which in a team is symmetric."""
        if self.team.processes == 1:
            return np.asarray(table.sum(axis=0), np.float64)
        some = self.own(table)  # whose entries a product adds up in the order of the columns' sums
        return self.whole(some @ np.ones(some.shape[1]))

    def own(self, table: Any) -> Any:
        """Return the rows of this process; a sparse matrix has no others."""
        if self.team.processes == 1:
            return table
        if not sparse.issparse(table):
            return table[np.flatnonzero(self.mine)]
        indptr = np.append(table.indptr[:1], table.indptr[1:][self.mine])
        shape = len(indptr) - 1, table.shape[1]
        return sparse.csr_array((table.data, table.indices, indptr), shape=shape)

    def whole(self, some: Any) -> Any:
        """Gather a table, of which each process has its own rows, in order."""
        if self.team.processes == 1:
            return some
        some = np.asarray(some)
        numbers = np.bincount(self.owner, minlength=self.team.processes)
        padded = np.zeros((numbers.max(), *some.shape[1:]), some.dtype)
        padded[: len(some)] = some
        table = np.empty((len(self.owner), *some.shape[1:]), some.dtype)
        for process, part in enumerate(self.team.gather(padded)):
            table[self.owner == process] = part[: numbers[process]]
        return table


def _line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
