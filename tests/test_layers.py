"""One way down: which rooms of the package may use which, read from the sources with `ast`.

    base < text < {models, vectors} < {training, evaluation} < {runs, verification}
         < reports < api < uncertainty < cli < experiments, notebooks

Rooms in braces stand side by side and do not use each other. Imports inside functions count.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

import jaxtext

ROOT = Path(jaxtext.__file__).parent.parent
FLOORS = [
    {"base"},
    {"text"},
    {"models", "vectors"},
    {"training", "evaluation"},
    {"runs", "verification"},
    {"reports"},
    {"api"},
    {"uncertainty"},
    {"cli"},
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
ROOF = len(FLOORS)  # experiments and notebooks
# Rooms or modules, and what neither they nor what they use of the package may import.
FORBIDDEN = {
    "base.errors": {"jax"},
    "base.files": {"jax"},
    "base.ranges": {"jax"},
    "text": {"jax"},
    "vectors": {"jax"},
}
# Rooms, and what their own modules may not import.
WALLS = {
    "training": {"rich", "signal", "tyro"},
    "evaluation": {"rich", "tyro"},
    "verification": {"rich", "tyro"},
    "runs": {"rich", "tyro"},
    "reports": {"tyro"},
    "api": {"tyro", "rich"},
    "uncertainty": {"tyro", "rich"},
}
VERIFIERS = {
    "reports.certificate",
    "reports.derivations",
    "reports.worked_examples",
    "cli.verify",
}
PRINTERS = {"reports", "cli"}
FLAG = re.compile(r"(?<![\w-])--[a-z]")


def sources() -> dict[str, str]:
    """Module names, without `jaxtext.`, and their sources; experiments and notebooks too."""
    found = {}
    for path in sorted((ROOT / "jaxtext").rglob("*.py")):
        parts = path.relative_to(ROOT / "jaxtext").with_suffix("").parts
        found[".".join(parts)] = path.read_text(encoding="utf-8")
    for folder in ("experiments", "notebooks"):
        for path in sorted((ROOT / folder).glob("*.py")):
            found[f"{folder}.{path.stem}"] = path.read_text(encoding="utf-8")
    return found


@cache
def imports(source: str) -> tuple[tuple[str, str], ...]:
    """(module, name) of each import, but those for type checkers alone; name may be empty."""
    tree = ast.parse(source)
    unused = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        if id(node) in unused:
            continue
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            found += [(node.module or "", alias.name) for alias in node.names]
    return tuple(found)


def resolve(module: str, name: str, modules: Mapping[str, str]) -> str | None:
    """The module of the package behind an import; None for others."""
    whole = f"{module}.{name}" if name else module
    if whole != "jaxtext" and not whole.startswith("jaxtext."):
        return None
    known = {**jaxtext._MODULES, **jaxtext._NAMES}
    if module == "jaxtext" and name in known:
        whole = known[name]
    elif module == "jaxtext" and not name:
        return None
    path = whole.removeprefix("jaxtext.")
    while path and path not in modules and f"{path}.__init__" not in modules:
        path = path.rpartition(".")[0]
    if not path:
        return None
    return path if path in modules else f"{path}.__init__"


def room(module: str) -> str:
    return module.partition(".")[0]


def graph(modules: Mapping[str, str]) -> dict[str, set[str]]:
    """Which modules of the package each module imports."""
    found = {}
    for module, source in modules.items():
        used = {resolve(*each, modules) for each in imports(source)}
        found[module] = {each for each in used if each is not None and each != module}
    return found


def outside(source: str) -> set[str]:
    """Packages that a module imports, by their top name; jaxtyping's arrays of JAX need JAX."""
    found = {module.partition(".")[0] for module, _ in imports(source)} - {"jaxtext"}
    arrays = {("jaxtyping", name) for name in ("Array", "ArrayLike", "Key")}
    return found | ({"jax"} if arrays & set(imports(source)) else set())


def reached(start: str, uses: Mapping[str, set[str]]) -> set[str]:
    """A module and all that it uses, directly or not."""
    found, todo = {start}, [start]
    while todo:
        for each in uses.get(todo.pop(), set()) - found:
            found.add(each)
            todo.append(each)
    return found


def violations(modules: Mapping[str, str]) -> list[str]:
    """What breaks the rules, one line each."""
    uses, lines = graph(modules), []
    for module, used in uses.items():
        mine = FLOOR.get(room(module), ROOF)
        for each in used:
            theirs = FLOOR.get(room(each), ROOF)
            if room(each) != room(module) and theirs >= mine:
                lines.append(f"{module} imports {each}, which does not stand below it")
            if mine == ROOF and room(each) == "cli" and module != "__main__":
                lines.append(f"{module} imports {each}: the command line is not a library")
            of_others = room(each) == "verification" != room(module) and mine < ROOF
            if of_others and module not in VERIFIERS:
                lines.append(f"{module} imports verification")
        if module in reached_from_others(module, uses):
            lines.append(f"{module} is part of a circle")
        for place, names in FORBIDDEN.items():
            if module == place or room(module) == place:
                for each in reached(module, uses):
                    if outside(modules[each]) & names:
                        lines.append(f"{module} needs {sorted(names)} by {each}")
        for each in outside(modules[module]) & WALLS.get(room(module), set()):
            lines.append(f"{module} imports {each}")
        lines += [f"{module}: {each}" for each in written(module, modules[module])]
    return lines


def reached_from_others(module: str, uses: Mapping[str, set[str]]) -> set[str]:
    """All that the modules that `module` uses reach."""
    return set().union(*(reached(each, uses) for each in uses[module]))


@cache
def written(module: str, source: str) -> tuple[str, ...]:
    """Prints outside of reports and cli, and flags of the command line outside of cli."""
    return tuple(_written(module, source))


def _written(module: str, source: str) -> Iterator[str]:
    if FLOOR.get(room(module), ROOF) == ROOF or room(module) == "cli":
        return
    tree = ast.parse(source)
    texts = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }  # docstrings
    for node in ast.walk(tree):
        prints = isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
        if prints and room(module) not in PRINTERS:
            yield "prints"
        literal = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if literal and id(node) not in texts and FLAG.search(node.value):
            yield f"writes a flag: {node.value!r}"


@cache
def today() -> tuple[str, ...]:
    """What breaks the rules as the package is."""
    return tuple(violations(sources()))


def test_the_package_keeps_its_layers():
    assert today() == ()


def test_every_room_is_on_a_floor():
    rooms = {room(module) for module in sources()} - {"__init__", "__main__"}
    assert rooms == set(FLOOR) | {"experiments", "notebooks"}


@pytest.mark.parametrize(
    ("module", "line", "message"),
    [
        ("text.vocab", "from jaxtext.training import sampling", "does not stand below"),
        ("text.vocab", "import jax", "needs ['jax']"),
        ("text.vocab", "from jaxtext.base.checks import known", "needs ['jax'] by base.checks"),
        ("base.files", "from jaxtext.base import types", "needs ['jax'] by base.types"),
        ("models.pmi", "from jaxtext import query", "does not stand below"),
        ("vectors.query", "from jaxtext import training", "does not stand below"),
        ("vectors.query", "from jaxtext.models import sgns", "does not stand below"),
        ("training.loop", "def f():\n    from jaxtext import runs", "does not stand below"),
        ("training.loop", "import signal", "imports signal"),
        ("training.loop", "from rich.table import Table", "imports rich"),
        ("evaluation.gap", "from jaxtext.reports.tables import Table", "does not stand below"),
        ("verification.claims", "from jaxtext.reports import plots", "does not stand below"),
        ("runs.execute", "import tyro", "imports tyro"),
        ("runs.execute", "from jaxtext import cli", "does not stand below"),
        ("runs.execute", "print('done')", "prints"),
        ("runs.execute", "text = 'give --out'", "writes a flag"),
        ("reports.run", "from jaxtext.verification import claims", "imports verification"),
        ("api", "from jaxtext.cli.train import Train", "does not stand below"),
        ("experiments.soak", "from jaxtext.cli.main import run", "not a library"),
        ("text.tokens", "from jaxtext.text import encoded", "is part of a circle"),
    ],
)
def test_each_rule_can_be_broken(module, line, message):
    modules = sources()
    added = violations({**modules, module: f"{modules[module]}\n{line}\n"})
    assert any(message in each and module in each for each in set(added) - set(today()))
