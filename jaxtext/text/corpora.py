"""Where text comes from: the built-in corpus, files, folders and standard input -> blocks of bytes.

A block is valid UTF-8 that ends at a line break, or, within a line longer than a block, at a space.
No more than a block and the rest of its last line is ever held.
"""

import ast
import bz2
import gzip
import hashlib
import importlib.metadata
import importlib.util
import inspect
import lzma
import os
import re
import sys
import sysconfig
import tempfile
import warnings
import zlib
from collections.abc import Iterable, Iterator, Sequence
from io import BufferedIOBase
from pathlib import Path

from jaxtext.errors import InputError

SUFFIXES = (".txt", ".gz", ".bz2", ".xz")
BLOCK_BYTES = 1 << 20
LONGEST_WORD_BYTES = 1 << 22
BUILTIN_PACKAGES = ("jax", "numpy", "scipy", "optax")
BUILTIN_VERSION = "2"  # raise it when the extraction below changes
STDIN = "-"


def find_sources(paths: Sequence[str | Path]) -> list[str]:
    """The files behind `paths`, in order; a folder stands for its text files, sorted by name.

    Raises `InputError` for a path that does not exist, a folder without text files, a file that
    cannot be read and `-` given twice.
    """
    found: list[str] = []
    for path in map(str, paths):
        if path == STDIN:
            if STDIN in found:
                raise InputError("standard input ('-') can be read once: give it once")
            found.append(path)
        elif os.path.isdir(path):
            inside = [
                str(file)
                for file in sorted(Path(path).rglob("*"))
                if file.suffix.lower() in SUFFIXES and file.is_file()
            ]
            if not inside:
                raise InputError(f"{path}: the folder holds no {', '.join(SUFFIXES)} file")
            found += inside
        elif not os.path.exists(path):
            raise InputError(f"{path}: no such file or folder")
        elif os.path.isfile(path) and not os.path.getsize(path):
            raise InputError(f"{path}: the file is empty")
        else:
            found.append(path)
    for path in found:
        if path != STDIN and not os.access(path, os.R_OK):
            raise InputError(f"{path}: no permission to read it")
    return found


def read_blocks(sources: Sequence[str], block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Text of the sources, one after the other, as blocks of UTF-8 bytes.

    A source's last line gets the line break that it may lack, so that no sentence spans two files.
    Raises `InputError` naming the place for bytes that are not UTF-8 text and for damaged archives.
    """
    for source in sources:
        line, column = 1, 0
        try:
            with _open(source) as stream:
                for block in _cut(stream, block_bytes, source):
                    _check_text(block, source, line, column)
                    lines = block.count(b"\n")
                    line += lines
                    column = len(block) - block.rfind(b"\n") - 1 + (0 if lines else column)
                    yield block
        except (EOFError, lzma.LZMAError, gzip.BadGzipFile, zlib.error) as error:
            raise InputError(f"{source}: damaged or not what its name says: {error}") from error
        except OSError as error:
            raise InputError(f"{source}: cannot be read: {error.strerror or error}") from error


def _open(source: str) -> BufferedIOBase:
    if source == STDIN:
        if sys.stdin is None:
            raise InputError("standard input ('-') is closed")
        return open(sys.stdin.fileno(), "rb", closefd=False)
    opener = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
    return opener.get(Path(source).suffix.lower(), open)(source, "rb")


def _cut(stream: BufferedIOBase, block_bytes: int, source: str) -> Iterator[bytes]:
    """Blocks of about `block_bytes` that end at a line break, or else at a space."""
    rest, ended = b"", True
    while data := stream.read(block_bytes):
        data = rest + data
        end = data.rfind(b"\n") + 1 or max(data.rfind(b" "), data.rfind(b"\t")) + 1
        if not end and len(data) > LONGEST_WORD_BYTES:
            raise InputError(
                f"{source}: {len(data):,} bytes without a space or line break: "
                "separate the words by spaces first"
            )
        rest = data[end:]
        if end:
            ended = data[end - 1 : end] == b"\n"
            yield data[:end]
    if rest or not ended:
        yield rest + b"\n"


def _check_text(block: bytes, source: str, line: int, column: int) -> None:
    """Raise `InputError` for bytes that are not text; the block begins at this line and byte."""
    bad = block.find(b"\0")
    if bad < 0:
        try:
            if not block.isascii():
                block.decode()
            return
        except UnicodeDecodeError as error:
            bad = error.start
    lines = block.count(b"\n", 0, bad)
    line += lines
    column = bad - block.rfind(b"\n", 0, bad) + (0 if lines else column)
    raise InputError(
        f"{source}: not UTF-8 text: byte 0x{block[bad]:02x} at line {line}, byte {column} of the "
        "line: convert the file to UTF-8 first"
    )


def cache_folder() -> Path:
    """The user's cache folder for jaxtext. Raises `InputError` where there is none."""
    try:
        return _cache_folder()
    except RuntimeError:  # no home
        raise InputError(
            "there is no home folder to keep the corpus in: set XDG_CACHE_HOME"
        ) from None


def _cache_folder() -> Path:
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", Path.home())
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "jaxtext"


def builtin_corpus(folder: Path | None = None) -> Path:
    """A text file with the documentation that the installation carries, made on first use.

    The docstrings of jax, numpy, scipy, optax and the standard library are read from their sources
    with `ast`; nothing is imported and tests are left out. One paragraph is one line, each once.
    The file is kept in `folder` (the user's cache folder), named by the versions it was made from.
    """
    folder = cache_folder() if folder is None else folder
    versions = [f"{name} {importlib.metadata.version(name)}" for name in BUILTIN_PACKAGES]
    recipe = "\n".join([BUILTIN_VERSION, f"python {sys.version}", *versions])
    path = folder / f"builtin-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}.txt"
    if path.exists():
        return path
    return kept(path, (f"{paragraph}\n".encode() for paragraph in builtin_paragraphs()))


def kept(path: Path, blocks: Iterable[bytes]) -> Path:
    """Write a file of the cache, whole or not at all.

    Raises `InputError` for a folder that cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".partial")
    except OSError as error:
        raise InputError(
            f"{path.parent}: {path.name} cannot be kept there ({error.strerror}): set "
            "XDG_CACHE_HOME to a folder that can be written"
        ) from error
    try:
        with open(handle, "wb") as file:
            file.writelines(blocks)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    return path


def builtin_paragraphs() -> Iterator[str]:
    """Paragraphs of all docstrings of the built-in corpus, each text once."""
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
    for name in BUILTIN_PACKAGES:
        yield from package_files(name)


def package_files(name: str) -> Iterator[Path]:
    """The source files of an installed package in order, without its tests."""
    spec = importlib.util.find_spec(name)
    if spec is not None and spec.submodule_search_locations:
        yield from _sources(Path(spec.submodule_search_locations[0]))


def _sources(root: Path) -> Iterator[Path]:
    skipped = {"test", "tests", "idle_test", "site-packages", "dist-packages", "__pycache__"}
    for file in sorted(root.rglob("*.py")):
        if not skipped.intersection(file.relative_to(root).parts):
            yield file


def docstrings(file: Path) -> Iterator[str]:
    """The docstrings of a source file, read without importing it; none if it cannot be parsed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes: none of it is ours
            tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):  # templates and files for other Python versions
        return
    # Only statements are visited: most nodes of a tree are parts of expressions.
    nodes: list[ast.AST] = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if docstring := ast.get_docstring(node):
                yield docstring
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield from _added_docs(node.value)
        for field in ("finalbody", "orelse", "handlers", "body"):
            inside = getattr(node, field, None)
            if isinstance(inside, list):  # the body of a lambda is an expression
                nodes.extend(reversed(inside))


def _added_docs(call: ast.Call) -> Iterator[str]:
    """Docstrings of compiled functions, which numpy and scipy attach by `add_newdoc(..., text)`."""
    if "add_newdoc" in ast.unparse(call.func):
        for node in (part for argument in call.args for part in ast.walk(argument)):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and "\n" in node.value
            ):
                yield inspect.cleandoc(node.value)


def paragraphs(docstring: str) -> Iterator[str]:
    """The prose of a docstring, one paragraph one line, without sessions of the interpreter."""
    for paragraph in re.split(r"\n\s*\n", docstring):
        prose = paragraph.partition(">>>")[0]  # what follows is a session and what it printed
        text = " ".join(prose.split()).encode("utf-8", "replace").decode().replace("\0", " ")
        if any(c.isalnum() for c in text):
            yield text
