"""Sets of analogies: files, and folders of files, in the layouts that they are published in.

- That of `questions-words.txt`: lines ": section", and lines of four words, with spaces or tabs.
- That of BATS: one file per relation, named after it; a line has a word and answers/with/slashes.
- BATS in one file: a line has a group, a relation, a word and answers, separated by tabs.

In the last two, any two pairs of a relation make a question, and any of the answers is right.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

from jaxtext.base.errors import InputError
from jaxtext.evaluation import items

Row = tuple[int, str]  # a line and its number
Pair = tuple[str, tuple[str, ...]]  # a word and its answers
QUESTIONS = 2**20  # largest number that the pairs of all relations may make
ENDINGS = {".txt", ".tsv", ""}  # of the files that are read in a folder
ABOUT = ("readme", "license", "licence")  # files about the others


class Question(NamedTuple):
    """a is to b as c is to one of the answers; of several b, the first known one is used."""

    section: str
    a: str
    b: tuple[str, ...]
    c: str
    answers: tuple[str, ...]


def read(path: str | Path) -> list[Question]:
    """Read a file in any of the layouts, or all files of a folder and of the folders in it.

    In a folder, files that are hidden, have another ending than .txt or .tsv, or are called README
    are left out; questions without a section get the name of their file. Four columns with tabs
    are four words if they are used alike, that is if first words also occur as third words and
    second ones as fourth, or if no relation has two lines; else they are group, relation, word and
    answers. Raises `InputError`, naming the line, for a line that does not fit the layout, and for
    a file or folder without any question.
    """
    folder = Path(path)
    if not folder.is_dir():
        return _read_file(path)
    files = [file for file in sorted(folder.rglob("*")) if _is_set(file, folder)]
    if not files:
        raise InputError(f"{path}: contains no question: the folder has no .txt or .tsv file")
    found: list[Question] = []
    for file in files:
        questions = _read_file(file)
        found += [q if q.section else q._replace(section=file.stem) for q in questions]
        if len(found) > QUESTIONS:
            raise InputError(f"{path}: more than {QUESTIONS:,} questions: give fewer files")
    return found


def _is_set(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    about = file.stem.lower().startswith(ABOUT)
    return file.suffix.lower() in ENDINGS and not hidden and not about and file.is_file()


def _read_file(path: str | Path) -> list[Question]:
    rows = list(items.lines(path))
    layout = _layout([line for _, line in rows])
    if layout == "questions":
        questions = list(_sections(path, rows))
    else:
        questions = list(_relations(path, rows, whole=layout == "relations"))
    if not questions:
        cure = {
            "questions": "",
            "pairs": ": a word and its answers per line are read as BATS, which needs two lines",
            "relations": ": lines with tabs are read as group, relation, word and answers, and a "
            "relation needs two; separate the four words of a question by spaces",
        }
        raise InputError(f"{path}: contains no question{cure[layout]}")
    return questions


def _layout(lines: Sequence[str]) -> str:
    """Return what the lines are: questions, pairs (of one relation), or relations."""
    if any(line.startswith(":") for line in lines):
        return "questions"
    split = [_cells(line) if "\t" in line else [] for line in lines]
    tabbed = [row for row in split if row]
    words = Counter(len(line.split()) for line in lines).most_common(1)[0][0]
    if 2 * len(tabbed) < len(lines):
        return "pairs" if words == 2 else "questions"
    width = Counter(map(len, tabbed)).most_common(1)[0][0]
    if width == 2:
        return "questions" if words == 4 else "pairs"
    return "questions" if width == 4 and _are_words(tabbed) else "relations"


def _are_words(rows: Sequence[list[str]]) -> bool:
    """Whether rows of four cells are questions, rather than group, relation, word and answers."""
    four = [row for row in rows if len(row) == 4]
    first, second, third, fourth = (set(column) for column in zip(*four, strict=True))
    if first & third and second & fourth:
        return True
    relations = Counter(row[1] for row in rows if len(row) > 1)
    return max(relations.values()) == 1 and not any("/" in row[3] for row in four)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.rstrip().split("\t")]


def _sections(path: str | Path, rows: Sequence[Row]) -> Iterator[Question]:
    section = ""
    for number, line in rows:
        if line.startswith(":"):
            section = line.lstrip(": ").strip()
            continue
        words = line.split()
        if len(words) != 4:
            raise InputError(f"{path}: line {number}: {len(words)} words instead of four")
        a, b, c, d = words
        yield Question(section, a, _spellings(b), c, _spellings(d))


def _spellings(word: str) -> tuple[str, ...]:
    """Return the word and, where it has slashes, the words between them."""
    parts = tuple(filter(None, word.split("/")))
    return (word,) if len(parts) < 2 else (word, *parts)


def _relations(path: str | Path, rows: Sequence[Row], whole: bool) -> Iterator[Question]:
    """Read pairs of a word and its answers; if `whole`, with their group and relation before."""
    relations: dict[str, list[Pair]] = {}
    questions = 0
    for number, line in rows:
        cells = _cells(line) if "\t" in line else line.split()
        group = cells[:-2] if whole else [""] * 2
        answers = tuple(filter(None, (word.strip() for word in cells[-1].split("/"))))
        if len(group) != 2 or len(cells) != (4 if whole else 2) or not cells[-2] or not answers:
            expected = "group TAB relation TAB word TAB answers" if whole else "word TAB answers"
            raise InputError(f"{path}: line {number}: not '{expected}'")
        pairs = relations.setdefault(group[1] if whole else Path(path).stem, [])
        questions += 2 * len(pairs)
        if questions > QUESTIONS:
            raise InputError(
                f"{path}: line {number}: more than {QUESTIONS:,} questions: give fewer pairs"
            )
        pairs.append((cells[-2], answers))
    for relation, pairs in relations.items():
        for (a, b), (c, found) in permutations(pairs, 2):
            yield Question(relation, a, b, c, found)
