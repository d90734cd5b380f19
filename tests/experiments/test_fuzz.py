"""The tally counts what happens, and what does not pass is kept so that it can be tried again."""

import time


def test_some_inputs_of_each_kind_pass(experiment, tmp_path, capsys):
    assert experiment.main(experiment.Config(tmp_path / "out", inputs=60)) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    rows = [line for line in lines if len(line) > 5 and line[-1] == "0" and line[-2].isdigit()]
    counts = {line[0]: [int(n) for n in line[-5:]] for line in rows}
    assert len(counts) == 6 and sum(each[0] for each in counts.values()) == 60
    assert all(each[0] == sum(each[1:]) for each in counts.values())
    assert not (tmp_path / "out").exists()


def test_a_traceback_a_hang_and_what_is_left_behind_do_not_pass(
    experiment, tmp_path, capsys, monkeypatch
):
    def broken(command):
        if command[0] == "train":
            raise ZeroDivisionError("broken")
        if command[0] == "evaluate":
            time.sleep(2)
        if command[0] in ("info", "neighbors", "export", "analogy"):
            open(".left", "w").close()  # noqa: SIM115
        return 0

    valid = experiment.valid_inputs(tmp_path)
    monkeypatch.setattr(experiment, "valid_inputs", lambda folder: valid)
    monkeypatch.setattr(experiment, "run", broken)
    config = experiment.Config(tmp_path / "out", inputs=12, seconds=0.1)
    assert experiment.main(config) == 1
    told = capsys.readouterr().out
    assert "texts 0: ZeroDivisionError: broken" in told
    assert "sets 0: hang over 0.1 s" in told and "vector files 0: left .left" in told
    kept = tmp_path / "out" / "failed" / "texts 0"
    assert "ZeroDivisionError" in (kept / "command.txt").read_text()
    assert len(list(kept.iterdir())) == 2


def test_the_seed_decides_every_input(experiment, tmp_path):
    import random

    valid = experiment.valid_inputs(tmp_path)
    for make, _ in experiment.KINDS.values():
        first, second, other = (make(random.Random(seed), valid) for seed in (1, 1, 2))
        assert first == second != other
