"""Tables about a run: what its training left, and what is recorded of it."""

import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from jaxtext.base.html import visible
from jaxtext.reports.tables import Table
from jaxtext.vectors import query
from jaxtext.vectors.embeddings import Embeddings

FUNCTION_WORDS = 100  # most of the most frequent words are function words
NEIGHBORS = 6
FIRST = 5  # words with a zero vector that are named


def info_tables(config: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[Table]:
    """Return the options of a run and the record of what it did, one value per row.

    Options are exact, and each is shown once; what was measured is rounded.
    """
    header = ["name", "value"]
    recorded = {
        name: value
        for name, value in manifest.items()
        if name != "options" and (name not in config or config[name] != value)
    }
    return [
        Table("Options", header, record_rows(config, shown=str)),
        Table("Run", header, record_rows(recorded)),
    ]


def file_lines(embeddings: Embeddings, path: Path) -> list[str]:
    """Return what is known of a vector file: its size, its zero vectors, what was left out."""
    zeros = embeddings.zeros().tolist()
    lines = [f"{path}: {len(embeddings):,} words, {embeddings.dim:,} dimensions"]
    if zeros:
        words = ", ".join(map(visible, [embeddings.words[row] for row in zeros[:FIRST]]))
        more = f" and {len(zeros) - FIRST:,} more" if len(zeros) > FIRST else ""
        lines.append(f"zero vectors, which have no neighbors: {words}{more}")
    return [*lines, embeddings.note] if embeddings.note else lines


def file_table(embeddings: Embeddings) -> Table:
    """Return the size of a vector file, as `info_tables` does for a run."""
    numbers = {
        "words": len(embeddings), "dimensions": embeddings.dim,
        "zero vectors": len(embeddings.zeros()),
    }  # fmt: skip
    return Table("", ["name", "value"], [[name, f"{x:,}"] for name, x in numbers.items()])


def rounded(value: Any) -> str:
    """Return a value as text, a float with four digits, or none after the point if it is large.

    >>> rounded(0.0123456), rounded(7511.167), rounded(12), rounded(None)
    ('0.01235', '7,511', '12', 'None')
    """
    if not isinstance(value, float) or not math.isfinite(value):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def record_rows(
    record: Mapping[str, Any], prefix: str = "", shown: Callable[[Any], str] = rounded
) -> list[list[str]]:
    """Return the name and the value of every entry; nested names are joined by spaces.

    >>> record_rows({"seed": 0, "corpus": {"tokens": 9, "sources": ["a", "b"]}})
    [['seed', '0'], ['corpus tokens', '9'], ['corpus sources', 'a, b']]
    """
    rows = []
    for name, value in record.items():
        if isinstance(value, Mapping):
            rows += record_rows(value, f"{prefix}{name} ", shown)
        else:
            text = ", ".join(map(shown, value)) if isinstance(value, list) else shown(value)
            rows.append([f"{prefix}{name}", text])
    return rows


def summary_tables(embeddings: Embeddings, folder: Path, files: Iterable[str]) -> list[Table]:
    """Return the neighbors of some frequent words, and the sizes of the files in the folder."""
    return [neighbors_table(embeddings), files_table(folder, files)]


def neighbors_table(embeddings: Embeddings) -> Table:
    """Return the nearest words, by cosine, of each of the `content_words`."""
    words = content_words(embeddings)
    answers = query.neighbors(embeddings, words, top=NEIGHBORS)
    rows = [
        [word, ", ".join(f"{neighbor} {cosine:.2f}" for neighbor, cosine in nearest)]
        for word, nearest in zip(words, answers, strict=True)
    ]
    return Table("Nearest words by cosine", ["word", "nearest"], rows)


def files_table(folder: Path, files: Iterable[str]) -> Table:
    """Return the size of each of the named files in a folder, in the order of their names."""
    rows = [[name, f"{(folder / name).stat().st_size:,} bytes"] for name in sorted(files)]
    return Table(f"Written to {folder}", ["file", "size"], rows)


def content_words(embeddings: Embeddings, how_many: int = 8) -> list[str]:
    """Return some frequent words, most of which have a meaning of their own.

    They are spread over the 400 words that follow the most frequent hundred; a short vocabulary
    skips a tenth of its words instead. Preferred are words of at least five letters. Words whose
    vector is zero are left out, since they have no neighbors.
    """
    zero = set(embeddings.zeros().tolist())
    words = [word for row, word in enumerate(embeddings.words) if row not in zero]
    skip = min(FUNCTION_WORDS, len(words) // 10)
    long = [word for word in words[skip : skip + 400] if len(word) > 4 and word.isalpha()]
    step = max(len(long) // (4 * how_many), 1)
    return (long or words)[::step][:how_many]
