"""Strict for every test: float64, no silent promotion of ranks or types, no key used twice."""

import os
import tempfile
from collections.abc import Iterator
from typing import Any

import hypothesis
import jax
import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest
from xdist.scheduler import LoadFileScheduling

from jaxtext.base.types import EmbeddingParams

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_debug_key_reuse", True)
# Many tests compile the same functions: each is compiled once in a run of the tests. The workers
# inherit the folder, and the process that starts them removes it.
if "JAXTEXT_TESTS_COMPILED" not in os.environ:
    COMPILED = tempfile.TemporaryDirectory(prefix="jaxtext-compiled.")
    os.environ["JAXTEXT_TESTS_COMPILED"] = COMPILED.name
jax.config.update("jax_compilation_cache_dir", os.environ["JAXTEXT_TESTS_COMPILED"])
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
# How long an example takes depends on the machine, and on what else it does.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


class ByFile(LoadFileScheduling):
    """Gives the tests of a file to one worker, and all that may share the certificate."""

    def _split_scope(self, nodeid: str) -> str:
        shared = "tests/verification/"
        return shared if nodeid.startswith(shared) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Return what deals the tests out to the workers."""
    return ByFile(config, log)


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Without the shape checks that only the tests have: what a user's mistake runs into."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture
def rng() -> np.random.Generator:
    """Random numbers that are the same in every run."""
    return np.random.default_rng(7)


@pytest.fixture
def random_params(rng) -> EmbeddingParams:
    """Tables of 11 words and 6 dimensions, in float64."""
    center, context = jnp.asarray(rng.normal(size=(2, 11, 6)))
    return EmbeddingParams(center, context)


@pytest.fixture(scope="session")
def topics() -> list[str]:
    """Lines of five topics: ten words each, which occur with their own kind alone."""
    rng = np.random.default_rng(3)
    words = np.array([[f"t{topic}w{word}" for word in range(10)] for topic in range(5)])
    return [" ".join(rng.choice(words[rng.integers(5)], 12)) for _ in range(3000)]


@pytest.fixture(scope="session")
def topic_file(topics, tmp_path_factory):
    """The lines of `topics` as a text file."""
    path = tmp_path_factory.mktemp("text") / "topics.txt"
    path.write_text("\n".join(topics) + "\n", encoding="utf-8")
    return path
