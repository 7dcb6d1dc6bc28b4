"""Where tests find the repository and the shared data."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("MUSTER_SHARED", ROOT.parent / "shared"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the shared data where it is absent; the summary says how many were skipped."""
    if not SHARED.is_dir():
        missing = pytest.mark.skip(reason=f"no shared data in {SHARED}; MUSTER_SHARED names another")
        for item in items:
            if "shared" in item.keywords:
                item.add_marker(missing)


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the repository's folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of recorded decisions and traces."""
    return SHARED
