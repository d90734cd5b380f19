"""Experiments as modules, where nothing needs a process of its own, and as commands."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
sys.path.append(str(EXPERIMENTS))  # as for a command, since some use others


@cache
def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXPERIMENTS / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look for types
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def experiment(request: pytest.FixtureRequest) -> ModuleType:
    """The experiment that a test file is named after."""
    return load(Path(request.node.path).stem.removeprefix("test_"))


@pytest.fixture
def start() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs an experiment as a command."""

    def start(name: str, *options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(EXPERIMENTS / f"{name}.py"), *map(str, options)]
        return subprocess.run(command, capture_output=True, text=True)

    return start
