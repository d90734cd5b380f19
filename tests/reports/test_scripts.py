import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from jaxtext.base.errors import InputError
from jaxtext.reports import scripts


@dataclass(frozen=True)
class Config:
    out: Path = Path("runs/some")
    dims: tuple[int, ...] = (1, 2)


@pytest.mark.parametrize(("returned", "status"), [(None, 0), (0, 0), (1, 1)])
def test_the_status_is_what_main_returns(returned, status):
    with pytest.raises(SystemExit) as ended:
        scripts.finish(lambda config: returned, Config())
    assert ended.value.code == status


def test_bad_input_is_one_line_and_status_two(monkeypatch, capsys):
    def main(config):
        raise InputError("must be at least 1", "window", 0)

    monkeypatch.setattr("sys.argv", ["experiments/some.py"])
    with pytest.raises(SystemExit) as ended:
        scripts.finish(main, Config())
    assert ended.value.code == 2
    assert capsys.readouterr().err == "some: window=0: must be at least 1\n"


def test_settings_are_json():
    assert scripts.settings(Config()) == {"out": "runs/some", "dims": [1, 2]}
    assert json.loads(json.dumps(scripts.settings(Config()))) == scripts.settings(Config())
