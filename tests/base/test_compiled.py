import os
import subprocess
import sys

import pytest

from jaxtext.base import compiled
from jaxtext.runs import circumstances


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "jaxtext" / "compiled"


def test_each_version_and_processor_has_a_folder_of_its_own(cache, monkeypatch):
    found = set()
    for version, processor in (("1", "a"), ("1", "b"), ("2", "a"), ("1", "a")):
        monkeypatch.setattr(compiled, "version", lambda package, version=version: version)
        monkeypatch.setattr(compiled, "_processor", lambda processor=processor: processor)
        environment = {}
        compiled.keep(environment)
        found.add(environment[compiled.FOLDER])
    assert found == {str(path) for path in cache.iterdir()}
    assert len(found) == 3


@pytest.mark.parametrize(
    "environment", [{compiled.USED: "0"}, {compiled.USED: "False"}, {compiled.FOLDER: "elsewhere"}]
)
def test_what_jax_was_told_before_is_left(cache, environment):
    before = dict(environment)
    compiled.keep(environment)
    assert environment == before and not cache.exists()


@pytest.mark.parametrize("home", ["file", "file/below"])
def test_without_a_folder_nothing_is_kept(tmp_path, monkeypatch, home):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / home))
    environment = {}
    compiled.keep(environment)
    assert environment == {}
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_oldest_half_is_removed_when_there_are_too_many(cache, monkeypatch):
    monkeypatch.setattr(compiled, "MOST", 9)
    environment = {}
    compiled.keep(environment)
    folder = next(cache.iterdir())
    for number in range(10):
        (folder / str(number)).write_text("")
        os.utime(folder / str(number), (100, 100 + number))
    compiled.keep({})
    assert sorted(path.name for path in folder.iterdir()) == list("56789")


def test_where_it_is_kept_is_no_circumstance(monkeypatch):
    monkeypatch.setenv(compiled.FOLDER, "somewhere")
    monkeypatch.setenv("XLA_SOMETHING", "1")
    environment = circumstances.circumstances()["environment"]
    assert compiled.FOLDER not in environment and "XLA_SOMETHING" in environment


def test_a_second_command_compiles_nothing_and_a_damaged_function_costs_nothing(cache):
    command = [sys.executable, "-m", "jaxtext", "verify", "--only=networks.c"]

    def verified():
        process = subprocess.run(command, capture_output=True, text=True)
        assert (process.returncode, process.stderr) == (0, "")
        return process.stdout, {p: p.stat().st_mtime_ns for p in cache.glob("*/*-cache")}

    printed, kept = verified()
    assert len(kept) > 3
    assert verified() == (printed, kept)
    for path in kept:
        path.write_bytes(path.read_bytes()[:-9])
    assert verified()[0] == printed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, "--xla_gpu_deterministic_ops=true"),
        ({"XLA_FLAGS": "--xla_a=1"}, "--xla_a=1 --xla_gpu_deterministic_ops=true"),
        ({"XLA_FLAGS": "--xla_gpu_deterministic_ops=false"}, "--xla_gpu_deterministic_ops=false"),
    ],
)
def test_where_there_is_a_gpu_xla_repeats_its_sums(tmp_path, monkeypatch, before, after):
    monkeypatch.setattr(compiled, "GPU", tmp_path / "nvidiactl")
    environment = dict(before)
    compiled.repeatably(environment)
    assert environment == before
    (tmp_path / "nvidiactl").touch()
    compiled.repeatably(environment)
    assert environment == {"XLA_FLAGS": after}
    command = [sys.executable, "-c", "import jax; jax.numpy.zeros(1)"]
    subprocess.run(
        command,
        env={**os.environ, **environment, "XLA_FLAGS": after.replace("--xla_a=1 ", "")},
        check=True,
    )
