import pytest

from jaxtext.base.errors import InputError
from jaxtext.runs.results import open_results


@pytest.fixture
def results(tmp_path):
    """A file of two rows."""
    results = open_results(tmp_path / "new" / "results.jsonl", {"text": "a", "windows": (2, 5)})
    results.add({"k": 1, "dim": 5}, {"loss": 0.25})
    results.add({"k": 5, "dim": 5}, {"loss": None})
    return results


def test_rows_are_found_again_by_their_settings_in_any_order(results):
    again = open_results(results.path, results.shared)
    assert len(again.rows) == 2
    row = again.get({"dim": 5, "k": 1})
    assert row == {
        "text": "a", "windows": [2, 5], "settings": {"k": 1, "dim": 5}, "loss": 0.25,
    }  # fmt: skip
    assert again.get({"dim": 5, "k": 2}) is None


def test_a_broken_last_line_is_measured_again_and_written_over(results):
    whole = results.path.read_bytes()
    results.path.write_bytes(whole[:-9])
    again = open_results(results.path, results.shared)
    assert again.get({"k": 5, "dim": 5}) is None
    again.add({"k": 5, "dim": 5}, {"loss": None})
    assert results.path.read_bytes() == whole


def test_reading_changes_nothing_on_disk(results, tmp_path):
    content = results.path.read_bytes()[:-9]
    results.path.write_bytes(content)
    open_results(results.path, results.shared)
    assert results.path.read_bytes() == content
    assert open_results(tmp_path / "none" / "results.jsonl", {}).rows == {}
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("shared", "what"), [({"text": "b"}, "text"), ({"text": "a", "seed": 0}, "seed")]
)
def test_rows_of_another_shared_setting_are_refused(results, shared, what):
    with pytest.raises(InputError, match=f"contains results of another {what} .*another folder"):
        open_results(results.path, shared)


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"loss": 1.0}\n')
    with pytest.raises(InputError, match="is not a file of results"):
        open_results(path, {})
