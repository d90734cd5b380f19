import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "experiments" / "learning_rates.py"


def test_nothing_diverges_at_a_tiny_setting(tmp_path):
    options = ["--no-builtin", "--generated-lines", "400", "--dims", "8", "--out", str(tmp_path)]
    process = subprocess.run(
        [sys.executable, str(SCRIPT), *options], capture_output=True, text=True
    )
    assert process.returncode == 0, process.stdout + process.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    assert [(r["text"], r["learning_rate"]) for r in results] == [
        ("50 words", 0.025), ("50 words", 0.1), ("bursts", 0.025), ("bursts", 0.1),
    ]  # fmt: skip
    assert "no divergence" in process.stdout
