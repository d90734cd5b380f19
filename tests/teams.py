"""Processes of a team, each a thread of this process, that exchange what they have in memory."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError
from types import NoneType
from typing import Any

from jaxtext.base.team import Team


def together(processes: int, function: Callable[[Team], Any]) -> list[Any]:
    """Call a function with each member of a team, all at the same time; return the results."""
    barrier, slots = Barrier(processes, timeout=300), [None] * processes

    def exchanged(process: int, mine: Any) -> list[Any]:
        slots[process] = mine
        barrier.wait()
        every = list(slots)
        barrier.wait()  # before anyone puts something else there
        return every

    def member(process: int) -> Any:
        def exchange(mine: Any) -> list[Any]:
            return exchanged(process, mine)

        def swap(mine: Any) -> list[Any]:
            return [parts[process] for parts in exchanged(process, mine)]

        try:
            return function(Team(process, processes, exchange, exchange, swap))
        except BaseException:
            barrier.abort()
            raise

    with ThreadPoolExecutor(processes) as pool:
        running = [pool.submit(member, process) for process in range(processes)]
    for each in running:  # the first error is not that of a member that has waited for another
        if not isinstance(each.exception(), BrokenBarrierError | NoneType):
            each.result()
    return [each.result() for each in running]
