import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "experiments" / "benchmark_trainers.py"


@pytest.mark.bench
def test_both_trainers_are_measured_at_a_tiny_setting(topic_file, tmp_path):
    pytest.importorskip("gensim", reason="needs the bench extra")
    out = tmp_path / "benchmark"
    options = ["--out", str(out), "--seeds", "0", "--epochs", "1", "--dim", "8"]
    process = subprocess.run(
        [sys.executable, str(SCRIPT), str(topic_file), *options], capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr
    table = (out / "table.md").read_text()
    assert "| jaxtext against gensim |" in table
    assert "words/s" in process.stdout
