import json

import pytest

from jaxtext import cli
from jaxtext.verification import certificate as module
from jaxtext.verification.findings import Finding, Section

KEYS = [
    "id", "statement", "status", "sheet_value", "computed_value", "max_abs_error", "assumptions",
]  # fmt: skip


def test_the_report_is_the_contract(certificate):
    report = module.report(certificate)
    assert list(report) == ["summary", "checks"]
    assert report["summary"] == {"checks": len(certificate), "failed": 0, "corrections": 24}
    assert all(list(entry) == KEYS for entry in report["checks"])
    json.dumps(report, allow_nan=False)


def test_verify_writes_json_prints_a_table_and_explains_corrections(tmp_path, capsys):
    file = tmp_path / "new" / "certificate.json"
    assert cli.run(["verify", "--only", "networks", "--json", str(file)]) == 0
    report = json.loads(file.read_text(encoding="utf-8"))
    assert report["summary"]["corrections"] == 1
    shown = capsys.readouterr().out
    assert "Fully connected networks" in shown
    assert "Right: f(h_(k-1)^T w_i^(k))" in " ".join(shown.split())
    assert "8 checks, 0 failed, 1 correction of the sheet" in " ".join(shown.split())


def test_the_output_is_the_same_to_the_last_digit(capsys):
    outputs = []
    for _ in range(2):
        assert cli.run(["verify", "--only", "skipgram-basics"]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]


def test_a_failing_check_is_named_and_the_status_is_one(monkeypatch, tmp_path, capsys):
    section = Section("networks")

    @section.claim("wrong", "two is three", sheet=3)
    def wrong():
        return Finding(2, 1.0)

    @section.claim("raises", "this one stops")
    def stops():
        raise RuntimeError("no such thing")

    monkeypatch.setattr(module, "claims", lambda: section.claims)
    file = tmp_path / "certificate.json"
    assert cli.run(["verify", "--json", str(file)]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "networks.wrong: two is three" in shown
    assert "no such thing" in shown
    first, second = json.loads(file.read_text(encoding="utf-8"))["checks"]
    assert (first["status"], first["max_abs_error"]) == ("fails", 1.0)
    assert (second["status"], second["max_abs_error"]) == ("fails", None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "nothing"], "no check's id begins with 'nothing': the parts are networks,"),
        (["--only", "networks", "--json", "."], "is a folder"),
    ],
)
def test_bad_arguments_are_named_with_status_two(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert cli.run(["verify", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_json_on_standard_output_is_alone_there(capsys):
    assert cli.run(["verify", "--only", "backprop.c.ii", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["summary"]["failed"] == 0
