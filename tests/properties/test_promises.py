from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.declare import declare
from scheduling.kueue.objects import refusals
from support.stacks import HEAD, environment_file, team_file
from tenancy import promise, references
from tenancy.environment import Environment, EnvironmentFile
from tenancy.manifests import Manifests
from tenancy.pool import Pool
from tenancy.quantity import amount
from tenancy.team import Quota, Team

KUEUE = "kueue.x-k8s.io"
SIZES = st.lists(st.integers(0, 1000), max_size=6)
COUNTS = st.integers(0, 40)
PURCHASES = st.sampled_from(["owned", "reserved", "on-demand", "spot"])
SHAPES = st.sampled_from(
    [
        {"cpu": 16, "memory": "64Gi"},
        {"cpu": "63770m", "memory": "250Gi"},
        {"gpu": "nvidia-h100", "gpus": 8, "cpu": 64, "memory": "512Gi"},
        {"gpu": "nvidia-l4", "gpus": 3, "cpu": "47.5", "memory": "190000M"},
        {"gpu": "amd-mi300x", "gpus": 7, "cpu": 64, "memory": "512Gi"},
    ]
)


@st.composite
def pools(draw):
    names = draw(st.lists(st.sampled_from(["t1", "t2", "t3", "t4"]), min_size=1, max_size=4, unique=True))
    tiers = [
        {"name": name, "nodes": draw(st.integers(0, 5)), "purchase": draw(PURCHASES), "price": 1} for name in names
    ]
    return {"node": draw(SHAPES), "tiers": tiers}


def limits(names):
    return st.one_of(st.none(), COUNTS, st.dictionaries(st.sampled_from(names), COUNTS, max_size=3))


@st.composite
def quotas(draw, pool):
    names = [tier["name"] for tier in pool["tiers"]]
    nominal = draw(st.one_of(COUNTS, st.dictionaries(st.sampled_from(names), COUNTS)))
    tiers = draw(st.one_of(st.none(), st.permutations(names).map(lambda order: order[: 1 + len(order) // 2])))
    return {"nominal": nominal, "borrow": draw(limits(names)), "lend": draw(limits(names)), "tiers": tiers}


@st.composite
def teams(draw, name, written):
    held = {pool: draw(quotas(written[pool])) for pool in written if draw(st.booleans())}
    spaces = {
        key: {"cap": {pool: draw(st.integers(0, 20)) for pool in held if draw(st.booleans())}}
        for key in draw(st.sampled_from([["x1"], ["x1", "x2"], ["x1", "x2", "x3"]]))
    }
    cohort = draw(st.sampled_from(["all", "inner", None]))
    isolation = draw(st.sampled_from(["namespace", "namespace", "node-pool"]))
    weight = draw(st.sampled_from([None, 0, 2]))
    fields = {
        "quota": held,
        "namespaces": spaces,
        "cohort": cohort,
        "isolation": isolation,
        "queue": {"weight": weight},
    }
    return Team.model_validate(team_file(name, **fields))


@st.composite
def environments(draw):
    """Draw an environment of any quotas, caps and tiers that the loader would not refuse."""
    written = {name: draw(pools()) for name in ("p1", "p2")[: draw(st.integers(1, 2))]}
    cohorts = {"all": {}, "inner": {"parent": "all"}}
    file = EnvironmentFile.model_validate(environment_file(pools=written, cohorts=cohorts))
    environment = Environment.model_construct(
        **{name: getattr(file, name) for name in EnvironmentFile.model_fields},
        teams={name: draw(teams(name, written)) for name in ("a", "b")},
    )
    environment._sources = {"": _Nowhere()}
    wrong = {path[1] for path, _ in references.check(environment) if path[0] == "teams"}
    kept = {name: team for name, team in environment.teams.items() if name not in wrong}
    return environment.model_copy(update={"teams": kept})


class _Nowhere:
    value = HEAD

    def place(self, path):
        from tenancy.finding import Place

        return Place("environment.yaml", 1, 1 + len(path))


@given(st.integers(0, 10**6), SIZES)
def test_parts_sum_to_the_whole_and_stay_within_one_of_their_share(total, sizes):
    parts = promise.apportion(total, sizes)
    assert sum(parts) == (total if sizes else 0)
    assert len(parts) == len(sizes)
    if whole := sum(sizes):
        assert all(
            total * size // whole <= part <= -(-total * size // whole) for part, size in zip(parts, sizes, strict=True)
        )
        assert all(part == 0 for part, size in zip(parts, sizes, strict=True) if size == 0)


@given(st.integers(0, 1000), SIZES)
def test_a_larger_tier_never_gets_less(total, sizes):
    parts = promise.apportion(total, sizes)
    for size, part in zip(sizes, parts, strict=True):
        assert all(part <= other for other_size, other in zip(sizes, parts, strict=True) if size < other_size)


@given(st.data())
def test_nominal_quota_is_neither_lost_nor_made_by_splitting_it(data):
    written = data.draw(pools())
    pool = Pool.model_validate(written)
    quota = Quota.model_validate({**data.draw(quotas(written)), "tiers": None})
    rows = promise.tier_quotas(pool, quota)
    assert [row.tier for row in rows] == list(pool.tiers)
    assert sum(row.nominal for row in rows) == quota.total
    if isinstance(quota.lend, int) and quota.lend <= quota.total and isinstance(quota.nominal, int):
        assert sum(row.lend or 0 for row in rows) == quota.lend
        assert all((row.lend or 0) <= row.nominal for row in rows)


def held(spec, resource):
    """Return nominal quota and borrowing limit of *resource* by flavor."""
    return {
        flavor["name"]: (
            amount(resource, entry["nominalQuota"]),
            None if entry.get("borrowingLimit") is None else amount(resource, entry["borrowingLimit"]),
        )
        for group in spec.get("resourceGroups", [])
        for flavor in group["flavors"]
        for entry in flavor["resources"]
        if entry["name"] == resource
    }


@settings(max_examples=150)
@given(environments())
def test_what_is_declared_kueue_accepts(environment):
    assert [str(finding) for finding in refusals(declare(environment))] == []


def potential(manifests, namespace, resource):
    """Return the most of *resource* that the queue of *namespace* can ever give; None for no limit."""
    (local,) = [m for m in manifests.of_kind(KUEUE, "LocalQueue") if m.key.namespace == namespace]
    (queue,) = [m.spec for m in manifests.of_kind(KUEUE, "ClusterQueue") if m.key.name == local.spec["clusterQueue"]]
    most = 0
    for nominal, borrow in held(queue, resource).values():
        if borrow is None and "cohortName" in queue:
            return None
        most += nominal + (borrow or 0)
    return most


@settings(max_examples=150)
@given(environments())
def test_a_resource_quota_is_never_below_what_the_queue_can_give(environment):
    manifests = declare(environment)
    for quota in manifests.of_kind("", "ResourceQuota"):
        team = environment.teams[manifests.team(quota)]
        for key, hard in quota.spec["hard"].items():
            if key.startswith("requests.") and team.quota:
                resource = key.removeprefix("requests.")
                most = potential(manifests, quota.key.namespace, resource)
                assert most is not None
                assert amount(resource, hard) >= most


@settings(max_examples=150)
@given(environments())
def test_capped_namespaces_get_no_more_than_their_cap(environment):
    manifests = declare(environment)
    for team in environment.teams.values():
        for key, namespace in team.namespaces.items():
            for pool, cap in namespace.cap.items():
                queues = [
                    m.spec for m in manifests.of_kind(KUEUE, "ClusterQueue") if m.key.name == f"{team.prefix}-{key}"
                ]
                device = environment.pools[pool].node.device or "cpu"
                unit = 1 if environment.pools[pool].node.device else 1000
                for spec in queues:
                    mine = [row for name, row in held(spec, device).items() if name.startswith(f"{pool}-")]
                    assert sum(nominal + (borrow or 0) for nominal, borrow in mine) <= cap * unit
                    assert all(borrow is not None for _, borrow in mine)


@settings(max_examples=150)
@given(environments())
def test_a_teams_queues_hold_together_what_it_was_promised(environment):
    manifests = declare(environment)
    for team in environment.teams.values():
        for pool, quota in team.quota.items():
            device = environment.pools[pool].node.device or "cpu"
            unit = 1 if environment.pools[pool].node.device else 1000
            specs = [
                manifest.spec
                for kind in ("ClusterQueue", "Cohort")
                for manifest in manifests.of_kind(KUEUE, kind)
                if manifests.team(manifest) == team.name
            ]
            found = sum(
                nominal
                for spec in specs
                for name, (nominal, _) in held(spec, device).items()
                if name.startswith(f"{pool}-")
            )
            open_spaces = [space for space in team.namespaces.values() if not space.cap]
            shares = team.cohort is not None and team.isolation != "node-pool"
            if open_spaces or shares:
                assert found == quota.total * unit
            assert found <= quota.total * unit


@settings(max_examples=100)
@given(environments())
def test_quota_handed_out_is_what_there_is_where_nobody_is_promised_more(environment):
    manifests = Manifests(declare(environment).values())
    for name, pool in environment.pools.items():
        sharers = promise.sharers(environment, name)
        owners = [team for team in environment.teams.values() if name in team.quota]
        plain = all(not space.cap for team in owners for space in team.namespaces.values())
        promised = dict.fromkeys([tier.name for tier in pool.tiers], 0)
        for team in owners:
            unit = pool.node.size if team.isolation == "node-pool" else 1
            for tier, nominal in promise.nominal_by_tier(pool, team.quota[name], unit).items():
                promised[tier] += nominal
        if sharers and plain and all(promised[tier.name] <= pool.size(tier) for tier in pool.tiers):
            device = pool.node.device or "cpu"
            unit = 1 if pool.node.device else 1000
            specs = [m.spec for kind in ("ClusterQueue", "Cohort") for m in manifests.of_kind(KUEUE, kind)]
            found = sum(
                nominal
                for spec in specs
                for flavor, (nominal, _) in held(spec, device).items()
                if flavor.startswith(f"{name}-")
            )
            assert found == sum(pool.size(tier) for tier in pool.tiers) * unit
