"""Association tests: do they find what is there, and nothing where there is nothing?

    head -c 12000000 enwiki.txt > text.txt
    python experiments/association.py text.txt --out runs/association

First, tests whose outcome is known or has been studied, on the text as it is: countries of two
continents, and science and arts with words for men and women (Caliskan, Bryson and Narayanan 2017,
test 8, with other lists), with intervals from lines drawn with replacement.

Then, tests whose truth is made. Attribute words are split: in each line, all occurrences of a word
become the word with one or another ending, at random. Attributes A are the words with the first
ending, B the same words with the second, so that no target can be nearer to one of them. A
difference is planted by giving lines with more words of X than of Y the first ending more often.
Counts how often p is below 0.05 and how often the interval of the effect leaves out zero. Targets
and attributes are frequent words, drawn at random, without any word twice. Writes table.md.

`exact` on 12 MB of English Wikipedia, 2 cores: 20 minutes. Expect, of 24 tests for each share of
lines with more words of X than of Y that have the first ending:

    share   median effect   p < 0.05   interval without 0
    0.5             -0.09      0.000                0.000
    0.6              0.43      0.167                0.125
    0.7              0.76      0.500                0.583

and, on the text as it is, 1.80 (1.64 to 1.90, p = 8e-5) for countries of Europe and Asia, and 0.39
(-1.08 to 1.13, p = 0.22) for science and arts with words for men and women: with two million words
of text, nothing can be said about the second, and its interval says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import jax
import numpy as np
import tyro
from tyro.conf import Positional, arg

import jaxtext
from jaxtext.base.errors import InputError
from jaxtext.base.files import write_text
from jaxtext.evaluation import association
from jaxtext.evaluation.association import Association, Test
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, markdown_text, print_tables
from jaxtext.text import Reading
from jaxtext.text.reading import sentences_in

LEVEL = 0.05
FIRST, SECOND = "/1", "/2"  # endings of the halves of a word
KNOWN = """
european countries: france germany italy spain poland sweden norway hungary
asian countries: china japan india korea thailand vietnam pakistan indonesia
europe: europe european french german italian spanish
asia: asia asian chinese japanese indian korean
science: science physics chemistry mathematics engineering theory computer technology
arts: art music poetry dance literature novel drama opera
men: he him his man father son brother king
women: she her hers woman mother daughter sister queen
"""


@dataclass(frozen=True)
class Config:
    """What is tested."""

    corpus: Annotated[Positional[Path], arg(metavar="CORPUS")]
    out: Path = Path("runs/association")
    dim: int = 100
    max_vocab: int = 3000
    known_vocab: int = 10_000
    """Words for the text as it is, whose lists have rarer ones."""
    min_count: int = 5
    bootstrap: int = 20
    texts: int = 3
    """Texts with other splits of words, for each share."""
    tests: int = 8
    """Tests in each of these texts."""
    targets: int = 16
    """Targets of a test, half of them in X."""
    attributes: int = 8
    """Words that are split for a test."""
    frequent: int = 1000
    """Most frequent words among which targets and attributes are drawn."""
    shares: tuple[float, ...] = (0.5, 0.6, 0.7)
    """How often a line with more of X than of Y gets the first ending; 0.5 plants nothing."""
    seed: int = 0


Lines = Sequence[list[str]]


def measured(
    lines: Lines, tests: Sequence[Test], config: Config, max_vocab: int
) -> list[Association]:
    """Return the results of tests, with intervals."""
    corpus = jaxtext.read(lines, min_count=config.min_count, max_vocab=max_vocab)
    key, method = jax.random.key(config.seed), jaxtext.Exact(dim=config.dim)
    vectors = jaxtext.train(key, corpus, method)
    rng = np.random.default_rng(config.seed)
    results = [association.measure(vectors, test, rng) for test in tests]
    effects = [
        [association.effect(each, test) for test in tests]
        for each in jaxtext.replicates(key, corpus, method, config.bootstrap)
    ]
    return list(map(association.with_interval, results, zip(*effects, strict=True)))


def drawn(words: Sequence[str], config: Config, rng: np.random.Generator) -> list[Test]:
    """Draw tests, whose attributes are the same words with two endings."""
    each, half = config.targets + config.attributes, config.targets // 2
    if config.tests * each > len(words):
        raise InputError(f"{len(words)} words are too few for {config.tests} tests of {each}")
    chosen = rng.choice(words, (config.tests, each), replace=False).tolist()
    names = ("X", "Y", "A", "B")
    return [
        Test(names, (tuple(some[:half]), tuple(some[half : config.targets]),
                     *(tuple(word + ending for word in some[config.targets :])
                       for ending in (FIRST, SECOND))))
        for some in chosen
    ]  # fmt: skip


def split(lines: Lines, tests: Sequence[Test], share: float, rng: np.random.Generator) -> Lines:
    """Give the attribute words of each line endings, by chance and by the line's targets."""
    of = {a.removesuffix(FIRST): number for number, t in enumerate(tests) for a in t.words[2]}
    targets = [(set(test.words[0]), set(test.words[1])) for test in tests]
    found = []
    for line in lines:
        here, named = set(line), {}
        for word in sorted(here & of.keys()):
            x, y = (len(here & some) for some in targets[of[word]])
            chance = 0.5 if x == y else share if x > y else 1 - share
            named[word] = word + (FIRST if rng.random() < chance else SECOND)
        found.append([named.get(word, word) for word in line])
    return found


def made(lines: Lines, share: float, config: Config) -> list[str]:
    """Return the row of a share: how often a difference is found."""
    words = jaxtext.read(lines, min_count=config.min_count).vocab.words[: config.frequent]
    results: list[Association] = []
    for number in range(config.texts):
        rng = np.random.default_rng([config.seed, number])
        tests = drawn(words, config, rng)
        results += measured(split(lines, tests, share, rng), tests, config, config.max_vocab)
    small = np.mean([each.p < LEVEL for each in results])
    ends = [each.ci95 for each in results if each.ci95 is not None]
    without = np.mean([low > 0 or high < 0 for low, high in ends])
    median = np.median([each.effect for each in results])
    return [f"{share:g}", f"{len(results)}", f"{median:.2f}", f"{small:.3f}", f"{without:.3f}"]


def known(lines: Lines, config: Config) -> Table:
    """Return the table of the tests on the text as it is."""
    lists = [line.split(": ") for line in KNOWN.strip().splitlines()]
    tests = [
        Test(*zip(*((name, tuple(words.split())) for name, words in lists[at : at + 4]),
                  strict=True))  # pyright: ignore
        for at in range(0, len(lists), 4)
    ]  # fmt: skip
    rows = []
    for test, each in zip(tests, measured(lines, tests, config, config.known_vocab), strict=True):
        ends = "" if each.ci95 is None else "{:.2f} to {:.2f}".format(*each.ci95)
        covered = f"{each.covered} of {each.items}"
        rows.append([test.name, f"{each.effect:.2f}", ends, f"{each.p:.2g}", covered])
    return Table("The text as it is", ["test", "effect", "95%", "p", "covered"], rows)


def main(config: Config) -> None:
    """Measure, print the tables and write them."""
    if not config.corpus.is_file():
        raise InputError(f"{config.corpus}: no such file")
    lines = [each for each in sentences_in([str(config.corpus)], Reading()) if each]
    rows = [made(lines, share, config) for share in config.shares]
    header = ["share", "tests", "median effect", f"p < {LEVEL}", "interval without 0"]
    tables = [Table("Attributes split in two", header, rows), known(lines, config)]
    print_tables(*tables)
    write_text(config.out / "table.md", markdown_text(tables))


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))
