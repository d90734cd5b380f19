from copy import deepcopy
from importlib.metadata import version

import pytest

import jaxtext
from jaxtext.runs import circumstances as module
from jaxtext.runs.circumstances import Difference, circumstances, differences


@pytest.fixture
def manifest():
    options = {"dim": 5, "paths": ["a"], "out": "x", "checkpoint_every": 60.0}
    corpus = {"sha256": "0", "sources": ["a"]}
    return {"options": options, "corpus": corpus, **circumstances(), "earlier": []}


def test_circumstances_name_versions_device_and_what_libraries_read(monkeypatch):
    monkeypatch.setenv("XLA_SOMETHING", "1")
    monkeypatch.setenv("SOMETHING", "1")
    found = circumstances()
    assert found["versions"]["jaxtext"] == jaxtext.__version__
    assert found["versions"]["numpy"] == version("numpy")
    assert found["device"]["platform"] and found["device"]["cores"] >= 1
    assert found["environment"]["XLA_SOMETHING"] == "1"
    assert "SOMETHING" not in found["environment"]


def test_the_same_manifest_has_no_differences_wherever_it_lies(manifest):
    other = deepcopy(manifest)
    other["options"] |= {"out": "y", "paths": ["b"], "checkpoint_every": 1.0}
    other["corpus"]["sources"] = ["b"]
    assert differences(manifest, other) == []


@pytest.mark.parametrize(
    ("part", "name"),
    [("options", "dim"), ("corpus", "sha256"), ("versions", "jax"), ("device", "processor"),
     ("environment", "XLA_FLAGS")],
)  # fmt: skip
def test_every_other_difference_is_listed_with_both_values(manifest, part, name):
    other = deepcopy(manifest)
    other[part][name] = "another"
    then = manifest[part].get(name)
    assert differences(manifest, other) == [Difference(f"{part}: {name}", then, "another")]
    assert differences(other, manifest) == [Difference(f"{part}: {name}", "another", then)]


def test_circumstances_before_a_resumption_are_a_difference(manifest):
    earlier = [{"environment": "{}"}]
    expected = [Difference("circumstances before it was resumed", [], earlier)]
    assert differences(manifest, manifest | {"earlier": earlier}) == expected
    del manifest["earlier"]  # as in a manifest of an earlier version
    assert differences(manifest, manifest | {"earlier": []}) == []


def test_a_machine_that_says_nothing_about_itself_has_circumstances(monkeypatch):
    read = module.Path.read_text

    def silent(path, *arguments, **named):
        return "" if str(path) == "/proc/cpuinfo" else read(path, *arguments, **named)

    monkeypatch.setattr(module.Path, "read_text", silent)
    monkeypatch.delattr(module.os, "sched_getaffinity", raising=False)
    device = circumstances()["device"]
    assert isinstance(device["processor"], str) and device["cores"] == module.os.cpu_count()
