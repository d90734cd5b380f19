"""One table of several methods, each trained with the same seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from jaxtext.reports.run import rounded
from jaxtext.reports.tables import Table


def sweep_table(rows: Sequence[tuple[Any, int, Mapping[str, float | None]]]) -> Table:
    """Return the scores of methods, given as method, seed and scores: means over the seeds.

    A method is named by the settings in which the methods differ.
    """
    by_method: dict[Any, list[Mapping[str, float | None]]] = {}
    for method, _, scores in rows:
        by_method.setdefault(method, []).append(scores)
    settings = [{"method": method.name, **asdict(method)} for method in by_method]
    names = list(dict.fromkeys(name for each in settings for name in each))
    differ = [name for name in names if len({str(each.get(name, "-")) for each in settings}) > 1]
    differ = differ or ["method"]
    scored = list(dict.fromkeys(name for _, _, scores in rows for name in scores))
    several = any(len(each) > 1 for each in by_method.values())
    lines = []
    for each, found in zip(settings, by_method.values(), strict=True):
        line = [rounded(each.get(name, "-")) for name in differ]
        for name in scored:
            values = [x for scores in found if (x := scores.get(name)) is not None]
            line.append(f"{np.mean(values):.3f}" if values else "-")
            if several:
                line.append(f"{np.std(values, ddof=1):.3f}" if len(values) > 1 else "-")
        lines.append(line)
    header = [name.replace("_", " ") for name in differ]
    for name in scored:
        header += [name, f"{name}, deviation"] if several else [name]
    return Table("", header, lines)
