"""kill_and_resume and soak, each at a tiny setting."""

import json
import subprocess
import sys
from pathlib import Path

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def start(name, *options):
    command = [sys.executable, str(EXPERIMENTS / f"{name}.py"), *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_killed_run_ends_with_the_same_bits(topic_file):
    options = ["--trials", 1, "--dim", 8, "--epochs", 3, "--every", 0]
    process = start("kill_and_resume", topic_file, *options)
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stdout.splitlines()[-1].split() == ["all", "1", "1"]


def test_soak_measures_memory_and_throughput_and_ends_by_a_signal(tmp_path):
    options = ["--minutes", 3, "--minute", 1, "--words", 30000, "--vocabulary", 300, "--dim", 8]
    process = start("soak", *options, "--out", tmp_path / "soak")
    assert process.returncode in (0, 1), process.stdout + process.stderr  # so short, it may vary
    assert "last quarter against the second minute" in process.stdout
    results = json.loads((tmp_path / "soak" / "results.json").read_text())
    assert len(results["megabytes"]) == 3 and min(results["megabytes"]) > 50
    assert results["peak"] >= max(results["megabytes"][1:])
    assert (tmp_path / "soak" / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert start("soak", "--out", tmp_path / "soak").returncode == 1
