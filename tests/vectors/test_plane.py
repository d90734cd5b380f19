import numpy as np
import pytest

from jaxtext.base.errors import InputError
from jaxtext.vectors import plane


@pytest.fixture
def groups(rng):
    """Thirty vectors about each of three directions."""
    means = np.repeat(np.eye(3, 12), 30, axis=0)
    return means + rng.normal(0, 0.05, means.shape)


def parted(points):
    """How far points are from their group's mean, beside how far the means are from each other."""
    some = points.reshape(3, 30, 2)
    means = some.mean(1)
    apart = min(np.linalg.norm(means[i] - means[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
    return np.linalg.norm(some - means[:, None], axis=2).mean() / apart


def test_components_are_those_with_the_largest_variance(groups):
    points = plane.pca(groups)
    unit = groups / np.linalg.norm(groups, axis=1, keepdims=True)
    values = np.linalg.eigvalsh(np.cov(unit.T, bias=True))[::-1]
    np.testing.assert_allclose(points.var(axis=0), values[:2], rtol=1e-9)
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-12)
    assert abs(points[:, 0] @ points[:, 1]) < 1e-9
    assert (points[np.abs(points).argmax(0), [0, 1]] > 0).all()
    assert parted(points) < 0.2


def test_groups_stay_together_and_the_seed_decides(groups):
    points = plane.tsne(groups, 3)
    assert points.shape == (90, 2) and parted(points) < 0.3
    np.testing.assert_array_equal(points, plane.tsne(groups, 3))


def test_one_dimension_has_one_component_and_few_words_no_map():
    assert not plane.pca(np.array([[1.0], [2.0]]))[:, 1].any()
    with pytest.raises(InputError, match="at least 4 words, found 3"):
        plane.tsne(np.eye(3))
