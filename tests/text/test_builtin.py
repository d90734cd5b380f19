import json
import sys
from itertools import islice
from pathlib import Path

import pytest

from jaxtext.text import builtin, builtin_corpus


def test_builtin_corpus_is_docstrings_made_once(tmp_path, monkeypatch):
    source = '"""Module text.\n\n>>> print(1)\n1\n"""\ndef f():\n    """Text of f."""\nx = 1\n'
    source += 'add_newdoc("n", "sin", ("sin", """\nSine of\nan angle.\n"""))\n'
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.py").write_text(source)
    (tmp_path / "library" / "b.py").write_text("def broken(:\n")
    files = sorted((tmp_path / "library").glob("*.py"))
    monkeypatch.setattr(builtin, "_builtin_files", lambda: iter(files))
    path = builtin_corpus(tmp_path / "cache")
    assert set(path.read_text().splitlines()) == {"Module text.", "Text of f.", "Sine of an angle."}
    assert list(path.parent.iterdir()) == [path]
    (tmp_path / "library" / "a.py").unlink()
    assert builtin_corpus(tmp_path / "cache") == path


def test_builtin_files_are_sources_of_the_packages_without_their_tests():
    parts = [file.parts for file in builtin._builtin_files()]
    assert not any({"test", "tests"} & set(part) for part in parts)
    assert {"jax", "numpy", "scipy", "optax"} <= {name for part in parts for name in part}
    assert len(parts) > 1000


@pytest.fixture
def some(monkeypatch):
    """Eleven files of the library in place of all."""
    library = Path(json.__file__).parent.parent
    files = [*sorted(library.glob("json/*.py")), *islice(sorted(library.glob("c*.py")), 6)]
    monkeypatch.setattr(builtin, "_builtin_files", lambda: iter(files))
    return files


@pytest.mark.parametrize("workers", [2, 3, 20])
def test_the_number_of_workers_changes_nothing(some, monkeypatch, workers):
    expected = list(builtin.builtin_paragraphs(workers=1))
    assert len(expected) > 100
    parsed_here = []
    here = builtin.file_paragraphs
    monkeypatch.setattr(
        builtin, "file_paragraphs", lambda file: parsed_here.append(file) or here(file)
    )
    assert list(builtin.builtin_paragraphs(workers)) == expected
    assert parsed_here == []


@pytest.mark.parametrize("broken", ["missing", "false", "half"])
def test_what_a_worker_does_not_answer_is_parsed_here(some, tmp_path, monkeypatch, broken):
    expected = list(builtin.builtin_paragraphs(workers=1))
    if broken == "half":  # a line that was not written to its end
        (tmp_path / "half").write_text('#!/bin/sh\nprintf \'["one"]\\n["tw\'\n')
        (tmp_path / "half").chmod(0o755)
        expected = ["one", *builtin.builtin_paragraphs(workers=1)]
        monkeypatch.setattr(builtin, "_builtin_files", lambda: iter([some[0], some[0], *some]))
    command = {"missing": "/no/such/python", "false": "false", "half": str(tmp_path / "half")}
    monkeypatch.setattr(sys, "executable", command[broken])
    assert list(builtin.builtin_paragraphs(workers=2)) == expected
