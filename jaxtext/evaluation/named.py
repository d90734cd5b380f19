"""Evaluation sets that are known by name: downloaded once, checked by SHA-256, and kept.

| name | items | by |
| --- | ---: | --- |
| `wordsim353` | 353 pairs | Finkelstein et al. (2002) |
| `simlex999` | 999 pairs | Hill, Reichart and Korhonen (2015) |
| `google-analogies` | 19,544 questions | Mikolov, Chen, Corrado and Dean (2013) |

Each comes from a public repository, at a fixed commit. The analogies are under the Apache License
2.0; the pairs were published for research by their authors, who are to be cited.
"""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from jaxtext.base.download import Remote, download
from jaxtext.base.errors import InputError
from jaxtext.base.files import cache_folder
from jaxtext.evaluation import analogy, similarity

HOST = "https://raw.githubusercontent.com"
READERS = {"similarity": similarity.read, "analogy": analogy.read}


class Named(NamedTuple):
    """A set: what kind it is of, its file, and who made it."""

    kind: str
    remote: Remote
    about: str

    @property
    def stem(self) -> str:
        """Return the name of the file without its ending, which some call the set by."""
        return Path(self.remote.name).stem


SETS = {
    "wordsim353": Named(
        "similarity",
        Remote(
            f"{HOST}/piskvorky/gensim/66365f6a2688e32ada86d5f005d550d4b4f8a137/gensim/test/test_data/"
            "wordsim353.tsv",
            "f92a022fc2537793a15bc3a8c162ebcd74990e033a228bb6388cb71e4c0b1e1d",
        ),
        "353 pairs, related or similar (Finkelstein et al. 2002)",
    ),
    "simlex999": Named(
        "similarity",
        Remote(
            f"{HOST}/piskvorky/gensim/57b3f68b18074a894585106bb4267031619b1350/gensim/test/test_data/"
            "simlex999.txt",
            "d5e0501971478a511430ee880bd0121e94ac701ba86d90544d83e6d2ba3db05d",
        ),
        "999 pairs, similar and not only related (Hill et al. 2015)",
    ),
    "google-analogies": Named(
        "analogy",
        Remote(
            f"{HOST}/tmikolov/word2vec/20c129af10659f7c50e86e3be406df663beff438/questions-words.txt",
            "8c29b3332afc46f3fb8be04cb5297bf96f39aa7131272dff57869b4485b22a36",
        ),
        "19,544 questions in 14 sections (Mikolov et al. 2013)",
    ),
}


def check_names(names: Any) -> None:
    """Raise `InputError` for a name that no set has, which says what there is."""
    if isinstance(names, str):
        raise InputError("is one name: give a list of names", "sets", names)
    for name in names:
        if not isinstance(name, str) or name not in SETS:
            raise InputError(f"no such set: {_hint(str(name))}", "sets", name)


def _hint(name: str) -> str:
    """Return which set may be meant, or which there are."""
    spellings = {each: each for each in SETS} | {SETS[each].stem: each for each in SETS}
    close = get_close_matches(name.lower(), spellings, n=1)
    known = ", ".join(SETS)
    meant = f"did you mean {spellings[close[0]]}? " if close else ""
    return f"{meant}choose from {known}"


def named_set(name: str, folder: Path | None = None) -> Path:
    """Return the file of a set in `SETS`, downloaded on first use.

    It is kept in `folder`, by default `sets` in the user's cache folder; a file that was put there
    by hand is used as well. Raises `InputError` for an unknown name, and when the file cannot be
    downloaded or kept, or is another one.
    """
    check_names([name])
    return download(SETS[name].remote, folder or cache_folder() / "sets", "sets", name)


def read_named(names: Sequence[str]) -> dict[str, tuple[str, Any]]:
    """Return the kind and the content of sets by name. Raises `InputError` as `named_set` does."""
    check_names(names)
    return {name: (SETS[name].kind, READERS[SETS[name].kind](named_set(name))) for name in names}
