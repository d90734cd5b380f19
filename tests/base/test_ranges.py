from dataclasses import dataclass

import numpy as np
import pytest

from jaxtext.base.errors import InputError
from jaxtext.base.ranges import check_ranges, ranged


@dataclass(frozen=True)
class Lens:
    width: int = ranged(3, 1, 9)
    power: float = ranged(0.5, 0, 1)
    most: int | None = ranged(None, 1)
    clear: bool = True
    __post_init__ = check_ranges


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 0}, "^width=0: must be from 1 to 9$"),
        ({"width": 10}, "^width=10: must be from 1 to 9$"),
        ({"width": 2.0}, "^width=2.0: must be a whole number$"),
        ({"width": "3"}, "^width='3': must be a whole number$"),
        ({"width": True}, "^width=True: must be a whole number$"),
        ({"width": None}, "must be a whole number$"),
        ({"power": float("nan")}, "^power=nan: must be from 0 to 1$"),
        ({"power": "0.5"}, "^power='0.5': must be a number$"),
        ({"power": 10**400}, "must be a number$"),
        ({"most": 0}, "^most=0: must be at least 1$"),
        ({"clear": 1}, "^clear=1: must be True or False$"),
    ],
)
def test_a_value_out_of_its_range_is_named(change, message):
    with pytest.raises(InputError, match=message) as caught:
        Lens(**change)
    assert {caught.value.parameter: repr(caught.value.value)} == {
        name: repr(value) for name, value in change.items()
    }


def test_numbers_of_numpy_become_those_of_python():
    lens = Lens(width=np.int64(4), power=np.float32(0.25), most=np.int32(7))
    assert [type(value) for value in (lens.width, lens.power, lens.most)] == [int, float, int]
    assert lens == Lens(4, 0.25, 7)
