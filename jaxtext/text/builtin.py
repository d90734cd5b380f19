"""The built-in corpus: the documentation of the installed packages, as a text file."""

import ast
import hashlib
import importlib.metadata
import importlib.util
import inspect
import re
import sys
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

from jaxtext.base.files import cache_folder, kept

PACKAGES = ("jax", "numpy", "scipy", "optax")
VERSION = "2"  # to be raised when the extraction below changes


def builtin_corpus(folder: Path | None = None) -> Path:
    """Return a text file with the documentation of the installed packages, made on first use.

    The docstrings of jax, numpy, scipy, optax and the standard library are read from their sources
    with `ast`; nothing is imported, and tests are left out. Each line is one paragraph, and no
    paragraph occurs twice. The file is kept in `folder`, by default the user's cache folder; its
    name depends on the versions of Python and the packages.

    Raises `InputError` if the folder cannot be written to.
    """
    folder = cache_folder() if folder is None else folder
    versions = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    recipe = "\n".join([VERSION, f"python {sys.version}", *versions])
    path = folder / f"builtin-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}.txt"
    if path.exists():
        return path
    return kept(path, (f"{paragraph}\n".encode() for paragraph in builtin_paragraphs()))


def builtin_paragraphs() -> Iterator[str]:
    """Yield the paragraphs of all docstrings of the built-in corpus, each text once."""
    seen: set[int] = set()
    for file in _builtin_files():
        for docstring in docstrings(file):
            for paragraph in paragraphs(docstring):
                digest = hash(paragraph)
                if digest not in seen:
                    seen.add(digest)
                    yield paragraph


def _builtin_files() -> Iterator[Path]:
    yield from _sources(Path(sysconfig.get_paths()["stdlib"]))
    for name in PACKAGES:
        yield from package_files(name)


def package_files(name: str) -> Iterator[Path]:
    """Yield the source files of an installed package in alphabetical order, without its tests."""
    spec = importlib.util.find_spec(name)
    if spec is not None and spec.submodule_search_locations:
        yield from _sources(Path(spec.submodule_search_locations[0]))


def _sources(root: Path) -> Iterator[Path]:
    skipped = {"test", "tests", "idle_test", "site-packages", "dist-packages", "__pycache__"}
    for file in sorted(root.rglob("*.py")):
        if not skipped.intersection(file.relative_to(root).parts):
            yield file


def docstrings(file: Path) -> Iterator[str]:
    """Yield the docstrings of a source file without importing it; none if it cannot be parsed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes in code that is not ours
            tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):  # templates and files for other Python versions
        return
    # Only statements are visited, since most nodes of a tree are parts of expressions.
    nodes: list[ast.AST] = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if docstring := ast.get_docstring(node):
                yield docstring
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield from _added_docs(node.value)
        for field in ("finalbody", "orelse", "handlers", "body"):
            statements = getattr(node, field, None)
            if isinstance(statements, list):  # the body of a lambda is an expression
                nodes.extend(reversed(statements))


def _added_docs(call: ast.Call) -> Iterator[str]:
    """Yield docstrings that numpy and scipy attach to compiled code by `add_newdoc(..., text)`."""
    if "add_newdoc" in ast.unparse(call.func):
        for node in (part for argument in call.args for part in ast.walk(argument)):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and "\n" in node.value
            ):
                yield inspect.cleandoc(node.value)


def paragraphs(docstring: str) -> Iterator[str]:
    """Yield the paragraphs of a docstring, each as one line and without interpreter examples."""
    for paragraph in re.split(r"\n\s*\n", docstring):
        prose = paragraph.partition(">>>")[0]  # the rest is an example and its output
        text = " ".join(prose.split()).encode("utf-8", "replace").decode().replace("\0", " ")
        if any(c.isalnum() for c in text):
            yield text
