import os
import subprocess
import sys

from jaxtext.base.cores import DEVICES, cores, device_for_each

COUNT = "import jax; print(len(jax.devices()))"


def devices(environment):
    """The number of devices that JAX has in a process with these variables."""
    command = [sys.executable, "-c", COUNT]
    environment = {**os.environ, **environment}
    return int(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)


def test_jax_has_a_device_for_each_core_unless_it_was_told_otherwise():
    found, given = {}, {DEVICES: "3"}
    device_for_each(found)
    device_for_each(given)
    assert found == {DEVICES: str(cores())} and cores() >= 1
    assert devices(given) == 3
