"""How long a user waits for a verb."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policies.rule import judge
from policies.rules import RULES
from scheduling.world import open_world
from simulator import ledger as ledgers

pytestmark = pytest.mark.bench
WEEK = ["--from", "2017-10-01", "--until", "2017-10-07"]
TEAMS, NAMESPACES = 750, ("train", "batch")


def in_process_of_its_own(root: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "muster", *arguments]
    assert subprocess.run(command, cwd=root, check=False, stdout=subprocess.DEVNULL).returncode == 0


def test_start(within: Callable[..., Any], root: Path) -> None:
    within("start", lambda: in_process_of_its_own(root, "--version"), rounds=5)


def test_check_prod(within: Callable[..., Any], root: Path) -> None:
    within("check_prod", lambda: in_process_of_its_own(root, "check", "stacks/prod"), rounds=5)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return an environment of 1,500 namespaces."""
    (tmp_path / "teams").mkdir()
    tier = "{{name: {0}, nodes: {1}, purchase: {0}, price: 43.2}}"
    tiers = f"[{tier.format('reserved', 1000)}, {tier.format('spot', 100)}]"
    (tmp_path / "environment.yaml").write_text(
        "apiVersion: muster/v1alpha1\nkind: Environment\nmetadata: {name: large}\npools:\n"
        f"  h100:\n    node: {{gpu: nvidia-h100-80gb, gpus: 8, cpu: 192, memory: 2Ti}}\n    tiers: {tiers}\n"
        "priorities: {normal: {value: 1000, default: true}}\n"
    )
    for number in range(TEAMS):
        name = f"team-{number:04d}"
        namespaces = "\n".join(f"  {key}: {{accepts: [Job, JobSet]}}" for key in NAMESPACES)
        (tmp_path / "teams" / f"{name}.yaml").write_text(
            f"apiVersion: muster/v1alpha1\nkind: Team\nmetadata: {{name: {name}}}\nowners: ['oidc:{name}']\n"
            f"contact: {name}@example.org\ncostCenter: CC-{number}\nquota: {{h100: 10}}\nnamespaces:\n{namespaces}\n"
        )
    return tmp_path


def test_1500_namespaces(within: Callable[..., Any], large: Path) -> None:
    def check() -> int:
        world = open_world([str(large)])
        assert judge(world, RULES).findings == ()
        return len(world.manifests)

    assert within("check_1500_namespaces", check) >= 7500


@pytest.mark.shared
@pytest.mark.parametrize(("setup", "mean"), [("isolated", 14_944.7), ("shared", 119.1)])
def test_philly_week(
    within: Callable[..., Any], root: Path, shared: Path, tmp_path: Path, setup: str, mean: float
) -> None:
    trace, output = str(shared / "traces" / "philly-sia-82k.csv.xz"), tmp_path / "run.parquet"
    folder, mapping = root / "docs" / "philly" / setup, str(root / "docs" / "philly" / "mapping.yaml")
    arguments = ["simulate", str(folder), "--trace", trace, "--map", mapping, *WEEK, "-o", str(output)]
    within(f"philly_week_{setup}", lambda: in_process_of_its_own(root, *arguments))
    waits = [outcome.wait for outcome in ledgers.read(output).outcomes]
    assert len(waits) == 10_650
    assert sum(wait or 0 for wait in waits) / len(waits) / 1000 == pytest.approx(mean, abs=0.1)
