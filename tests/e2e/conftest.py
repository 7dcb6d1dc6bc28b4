"""One cluster for all end-to-end tests."""

from collections.abc import Iterator

import pytest

from e2e.cluster import Cluster, running


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Run a cluster as long as the tests do."""
    with running(tmp_path_factory.mktemp("cluster")) as found:
        yield found
