"""The built-in corpus: the documentation of the installed packages, as a text file."""

import ast
import hashlib
import importlib.metadata
import importlib.util
import inspect
import json
import re
import subprocess
import sys
import sysconfig
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import IO

from jaxtext.base.cores import cores
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


def builtin_paragraphs(workers: int | None = None) -> Iterator[str]:
    """Yield the paragraphs of all docstrings of the built-in corpus, each text once.

    `workers` processes, by default one a core, parse the files. Their number changes nothing.
    """
    seen: set[int] = set()
    workers = cores() if workers is None else workers
    for paragraph in chain.from_iterable(_parsed(list(_builtin_files()), workers)):
        digest = hash(paragraph)
        if digest not in seen:
            seen.add(digest)
            yield paragraph


def _parsed(files: Sequence[Path], workers: int) -> Iterator[list[str]]:
    """Yield the paragraphs of each file, in order; file i is parsed by worker i modulo `workers`.

    What a worker does not answer, because it could not start or was killed, is parsed here.
    """
    with ExitStack() as stack:
        answers = [
            stack.enter_context(_worker(files[i::workers])) if workers > 1 else None
            for i in range(workers)
        ]
        for number, file in enumerate(files):
            answer = answers[number % workers]
            line = answer.readline() if answer else b""
            yield json.loads(line) if line.endswith(b"\n") else file_paragraphs(file)


@contextmanager
def _worker(files: Sequence[Path]) -> Iterator[IO[bytes] | None]:
    """Start a process that parses files; give its answers, one line of JSON for each file.

    A process of its own has a module that it can import, whatever program this is (as the spawned
    processes of `multiprocessing` have not), and none of this one's threads (as its forks have).
    """
    command = [sys.executable, "-c", f"from {__name__} import answer; answer()"]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    try:
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing)
    except OSError:
        yield None
        return
    with process:
        assert process.stdin and process.stdout
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps([str(file) for file in files]).encode())
            process.stdin.close()
        try:
            yield process.stdout
        finally:
            process.kill()


def answer() -> None:
    """Write the paragraphs of each file that standard input lists, a line of JSON for each."""
    with suppress(BrokenPipeError, KeyboardInterrupt):
        for file in json.load(sys.stdin):
            sys.stdout.write(json.dumps(file_paragraphs(Path(file))) + "\n")


def file_paragraphs(file: Path) -> list[str]:
    """Return the paragraphs of the docstrings of a source file."""
    return [paragraph for docstring in docstrings(file) for paragraph in paragraphs(docstring)]


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
