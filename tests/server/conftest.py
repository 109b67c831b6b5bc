from collections.abc import Iterator

import pytest

from tests.server.site import QUICK, Site


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(QUICK) as running:
        yield running
