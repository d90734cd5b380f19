import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from teams import together

from jaxtext.base.errors import InputError
from jaxtext.base.team import ALONE, Rows, Team

WORK = st.lists(st.integers(0, 50), min_size=1, max_size=20)


@given(work=WORK, processes=st.integers(1, 5), rows=st.integers(1, 4), short=st.integers(0, 3))
def test_groups_are_dealt_whole_and_evenly(work, processes, rows, short):
    size = max(len(work) * rows - min(short, rows - 1), 1)
    found = Rows.dealt(Team(0, processes), np.array(work), size, rows)
    assert len(found.owner) == size
    groups = [set(found.owner[i : i + rows].tolist()) for i in range(0, size, rows)]
    assert all(len(each) == 1 for each in groups)
    owners = np.array([each.pop() for each in groups])
    load = np.bincount(owners, np.array(work), processes)
    assert load.max() - load.min() <= max(work)  # of the process with most, none too many


def test_rows_come_together_in_order(rng):
    table = rng.normal(size=(10, 3))
    matrix = sparse.csr_array(rng.integers(0, 2, (10, 10)).astype(float))
    matrix = sparse.csr_array(matrix + matrix.T)

    def whole(team):
        rows = Rows(team, np.array([1, 1, 0, 0, 0, 0, 1, 0, 1, 0]))
        some = sparse.csr_array(matrix * rows.mine[:, None])
        return (
            rows.whole(rows.own(table)), rows.sums(some), rows.column_sums(some),
            rows.own(some).shape,
        )  # fmt: skip

    for found, sums, columns, shape in together(2, whole):
        np.testing.assert_array_equal(found, table)
        np.testing.assert_array_equal(sums, matrix.sum(axis=1))
        np.testing.assert_array_equal(columns, matrix.sum(axis=0))
        assert shape in {(6, 10), (4, 10)}
    alone = Rows.all(10)
    assert alone.own(table) is table is alone.whole(table)


def test_a_team_tells_and_compares():
    assert ALONE.leads and ALONE.tell([1, None]) == [[1, None]]
    assert together(3, lambda team: team.tell(team.process))[1] == [0, 1, 2]

    def compare(team):
        team.check_same({"seed": 1, "dim": team.process // 2}, "start them alike")

    with pytest.raises(
        InputError, match="the dim of process 2 is 1, and that of process 0 is 0: start"
    ):
        together(3, compare)
