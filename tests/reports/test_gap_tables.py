import sys

import numpy as np
import pytest

from jaxtext.base.errors import InputError
from jaxtext.evaluation.gap import EDGES, Band, Far, Gap, Sums
from jaxtext.reports import gap as reports
from jaxtext.runs.gap import Measured
from jaxtext.runs.record import Record
from jaxtext.text import Reading, Source
from jaxtext.text.vocab import Vocab
from jaxtext.training.settings import Sgns

VOCAB = Vocab(("the", "of", "rose"), np.array([6000, 50, 7]))
BINS = len(EDGES) - 1


@pytest.fixture
def gap():
    """A gap of 2,000 pairs with two bands."""
    ranges = [(1, 1), (2, 3)]
    losses = [[100.0, 110.0], [120.0, 200.0]]
    bands = [
        Band(a, b, 500.0, Sums(losses[i][j], 100.0), Sums(90.0, 100.0))
        for i, a in enumerate(ranges)
        for j, b in enumerate(ranges)
    ]
    density = np.zeros((BINS, BINS))
    density[120, 119:122] = [3, 9, 2]
    return Gap(
        pairs=2000.0,
        centers=2,
        cells=(6, 5),
        all=Sums(530.0, 400.0),
        observed=Sums(360.0, 400.0),
        bands=tuple(bands),
        correlation=0.51249,
        weighted_correlation=0.75,
        farthest=(Far(2, 10.0, 1.25, 60.0), Far(0, 900.0, 0.5, 3.0)),
        density=density,
    )


def test_tables_are_the_sums_the_bands_the_correlations_and_the_farthest(gap):
    sums, bands, correlations, farthest = reports.tables(gap, VOCAB)
    assert sums.title == "Loss per pair, over 2,000 pairs, estimated from 2 of 3 centers"
    assert sums.rows == [
        ["all", "6", "0.2650", "0.2000", "32.5%"],
        ["observed", "5", "0.1800", "0.2000", "-10.0%"],
    ]
    assert bands.header == ["center", "1-1", "2-3"]
    assert bands.rows == [["1-1", "0.0%", "10.0%"], ["2-3", "20.0%", "100.0%"]]
    assert correlations.rows == [["once", "0.512"], ["as often as it occurs", "0.750"]]
    assert farthest.rows == [["rose", "7", "1.250"], ["the", "6,000", "0.500"]]


def test_a_gap_of_all_centers_is_not_called_an_estimate(gap):
    assert reports.sums_table(gap, 2).title == "Loss per pair, over 2,000 pairs"


def test_the_summary_is_one_line(gap):
    assert reports.summary(gap) == (
        "loss 0.2650 per pair, 32.5% above the optimum of free scores; "
        "correlation of w.c with it 0.75"
    )


@pytest.mark.parametrize(("name", "magic"), [("gap.png", b"\x89PNG"), ("gap.PDF", b"%PDF")])
def test_a_figure_is_written_in_the_format_of_its_name(gap, tmp_path, name, magic):
    drawn = reports.figure(tmp_path / name)
    measured = Measured(gap, VOCAB, Record(Source(), Reading(), Sgns(dim=7)))
    reports.draw(measured, "run\x1b", drawn)
    reports.save_figure(drawn, tmp_path / "temporary", tmp_path / name)
    assert (tmp_path / "temporary").read_bytes().startswith(magic)
    axes, _ = drawn.axes
    assert axes.get_title() == r"run\x1b: sgns, 7 dimensions, k = 5"
    assert axes.get_ylabel() and "PMI" not in axes.get_xlabel()
    pmi = measured._replace(record=measured.record._replace(method=Sgns(noise_exponent=1.0)))
    other = reports.figure(tmp_path / name)
    reports.draw(pmi, "run", other)
    assert "PMI" in other.axes[0].get_xlabel()


@pytest.mark.parametrize("name", ["gap.doc", "gap"])
def test_a_format_that_matplotlib_does_not_write_names_the_parameter(tmp_path, name):
    with pytest.raises(InputError, match=rf"{name}: the name must end in one of \.") as error:
        reports.figure(tmp_path / name)
    assert error.value.parameter == "figure"
    assert "--" not in str(error.value)


def test_a_missing_matplotlib_is_named_with_its_cure(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(InputError, match=r"figure: .*pip install -e '\.\[eval\]'"):
        reports.figure(tmp_path / "gap.png")
