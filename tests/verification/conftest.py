import pytest

from jaxtext.verification import certify


@pytest.fixture(scope="session")
def certificate():
    """All checks, computed once."""
    return certify()
