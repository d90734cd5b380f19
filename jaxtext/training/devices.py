"""Which devices there are, and which of them does what."""

import jax


def of_streams(streams: int) -> list[jax.Device]:
    """Return the device of each stream: all devices of this process in turn.

    On a CPU, JAX has one device unless `jax_num_cpu_devices`, or the variable JAX_NUM_CPU_DEVICES,
    says otherwise before the first use of JAX. The command line asks for one for each core.
    """
    devices = jax.local_devices()
    return [devices[stream % len(devices)] for stream in range(streams)]
