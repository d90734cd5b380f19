import os
import subprocess
import sys

import pytest

from jaxtext.base.errors import InputError
from jaxtext.training import joining
from jaxtext.training.devices import join

SLURM = {"SLURM_JOB_ID": "7", "SLURM_STEP_NODELIST": "localhost", "SLURM_LOCALID": "0"}


@pytest.mark.parametrize(
    ("environment", "several"),
    [
        ({}, False),
        ({"SLURM_STEP_NODELIST": "a", "SLURM_NTASKS": "1"}, False),
        ({"SLURM_NTASKS": "4"}, False),  # a script that has started nothing yet
        ({"SLURM_STEP_NODELIST": "a", "SLURM_NTASKS": "4"}, True),
        ({"OMPI_MCA_orte_hnp_uri": "1.0;tcp://h:1", "OMPI_COMM_WORLD_SIZE": "2"}, True),
    ],
)
def test_launchers_are_recognised_by_what_they_tell(monkeypatch, environment, several):
    for pair in joining.LAUNCHERS:
        for name in pair:
            monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert joining.launched() == several
    if not several:
        assert join() == joining.ALONE


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("host:1", 2, None), "process: give coordinator, processes and process together"),
        ((None, None, 0), "coordinator: give coordinator, processes and process together"),
        (("host", 2, 0), "coordinator='host': must be HOST:PORT of process 0"),
        (("host:0", 2, 0), "coordinator='host:0': must be HOST:PORT"),
        (("host:99999", 2, 0), "must be HOST:PORT"),
        (("host:1", 0, 0), "processes=0: must be at least 1"),
        (("host:1", 2, 2), "process=2: must be from 0 to 1"),
        (("host:1", 2, 0, -1.0), "timeout=-1.0: must be above 0"),
    ],
)
def test_arguments_that_do_not_fit_are_named(arguments, message):
    with pytest.raises(InputError) as error:
        join(*arguments)
    assert message in str(error.value)


def test_one_process_is_alone():
    assert join("localhost:1", 1, 0) == joining.ALONE


def test_what_a_launcher_has_started_finds_each_other(tmp_path):
    script = tmp_path / "team.py"
    script.write_text(
        "import jaxtext, numpy as np\n"
        "with jaxtext.devices.join(timeout=60) as team:\n"
        "    parts = team.gather(np.full(2, team.process + 0.5))\n"
        "    print(team.process, team.tell(team.process), [part.tolist() for part in parts])\n"
    )
    running = []
    for process in range(2):
        environment = {
            **os.environ, **SLURM, "SLURM_NTASKS": "2", "SLURM_PROCID": str(process),
            "SLURM_JOB_ID": str(os.getpid()), "PJRT_NPROC": "1",
        }  # fmt: skip
        command = [sys.executable, "-W", "ignore", str(script)]
        running.append(
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        )
    for process, each in enumerate(running):
        output, _ = each.communicate(timeout=100)
        assert f"{process} [0, 1] [[0.5, 0.5], [1.5, 1.5]]" in output
