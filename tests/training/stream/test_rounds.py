"""Streams on several devices: the same bits, the same memory, and the clear combination."""

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from teams import together

from jaxtext.base.types import EmbeddingParams
from jaxtext.training.stream import rounds
from jaxtext.training.stream.combine import tree

TRAIN = """
import hashlib, sys
import jax, jaxtext
from jaxtext.training import devices
every = jax.devices()
corpus = jaxtext.read(
    [[f"t{t % 5}w{(7 * t + i * i) % 23}" for i in range(12)] for t in range(900)], min_count=1
)
for streams, number in ((4, 1), (4, 2), (4, 4), (2, 2)):
    if number <= len(every):
        devices.of_streams = lambda streams: [every[i % number] for i in range(streams)]
        method = jaxtext.Sgns(dim=11, epochs=2, streams=streams, subsample=0.02)
        vectors = jaxtext.train(jax.random.key(0), corpus, method)
        tables = b"".join(table.tobytes() for table in (vectors.center, vectors.context))
        print(streams, hashlib.sha256(tables).hexdigest())
"""


def trained(devices, *prefix):
    """Return the lines that a process with so many devices prints."""
    environment = {**os.environ, "JAX_NUM_CPU_DEVICES": str(devices)}
    command = [*prefix, sys.executable, "-W", "ignore", "-c", TRAIN]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_the_bits_do_not_depend_on_the_devices_nor_on_the_cores():
    one, two, four, fewer = trained(4)
    assert one == two == four != fewer
    assert one.startswith("4 ") and fewer.startswith("2 ")
    pinned = ("taskset", "-c", "0") if sys.platform == "linux" else ()
    assert trained(1, *pinned) == [one]


@pytest.mark.parametrize("words", [1, rounds.ROWS - 1, rounds.ROWS, 3 * rounds.ROWS + 5])
def test_tables_are_joined_row_by_row_whatever_their_number(rng, words):
    base = rng.normal(size=(2, words, 6)).astype(np.float32)
    changes = rng.normal(size=(3, 2, words, 6)).astype(np.float32)
    params, *tables = (
        EmbeddingParams(*map(jnp.asarray, each)) for each in (base, *(base + changes))
    )
    found = rounds.joined(params, tables, jax.devices()[:1] * 3)
    for i in range(2):
        expected = base[i] + tree([jnp.asarray(table[i] - base[i]) for table in base + changes])
        np.testing.assert_allclose(found[i], expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "words", [1, 40, *(k * rounds.ROWS + d for k in (1, 3) for d in (0, 1, 9))]
)
@pytest.mark.parametrize("processes", [2, 4])
def test_processes_that_combine_shares_get_the_bits_of_one(rng, words, processes):
    """Whichever rows changed: of few words or many, in some streams, in all, or in none."""
    base = rng.normal(size=(2, words, 8)).astype(np.float32)
    changes = rng.normal(size=(4, 2, words, 8)).astype(np.float32)
    changes[rng.random((4, 2, words)) < 0.7] = 0
    params, *tables = (
        EmbeddingParams(*map(jnp.asarray, each)) for each in (base, *(base + changes))
    )
    places = jax.devices()[:1] * 4
    alone = rounds.joined(params, tables, places)
    each = 4 // processes

    def join(team):
        mine = tables[team.process * each : (team.process + 1) * each]
        return rounds.joined(params, mine, places[:each], team)

    for found in together(processes, join):
        for one, other in zip(alone, found, strict=True):
            np.testing.assert_array_equal(one, other)


def test_copies_take_the_memory_that_is_spare_and_leave_the_tables_alone(rng):
    params = EmbeddingParams(*jnp.asarray(rng.normal(size=(2, 40, 8)), jnp.float32))
    places = jax.devices()[:1] * 2
    first = rounds.spread(params, places, [])
    memory = [table.unsafe_buffer_pointer() for tables in first for table in tables]
    assert not {table.unsafe_buffer_pointer() for table in params} & set(memory)
    second = rounds.spread(params, places, first)
    assert [table.unsafe_buffer_pointer() for tables in second for table in tables] == memory
    assert all(table.is_deleted() for tables in first for table in tables)
    for table, *copies in zip(params, *second, strict=True):
        for copy in copies:
            np.testing.assert_array_equal(copy, table)
