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
