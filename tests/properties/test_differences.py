from hypothesis import given
from hypothesis import strategies as st

from tenancy.difference import Verb, difference
from tenancy.finding import Place
from tenancy.manifests import Manifests, Origin, declared

KINDS = st.sampled_from(
    [
        ("v1", "Namespace", False),
        ("v1", "ConfigMap", True),
        ("v1", "ResourceQuota", True),
        ("kueue.x-k8s.io/v1beta2", "ClusterQueue", False),
        ("scheduling.k8s.io/v1", "PriorityClass", False),
        ("batch/v1", "Job", True),
    ]
)
LEAVES = st.one_of(
    st.sampled_from([0, 1, 1.0, True, False, None, "1", "1000m", "1Gi", "a", "", 10**30]), st.text(max_size=3)
)
KEYS = st.sampled_from(["hard", "name", "spec", "template", "value", "requests.cpu", "weight", "a.b"])
BODIES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=10,
)


@st.composite
def objects(draw):
    version, kind, namespaced = draw(KINDS)
    metadata = {"name": draw(st.sampled_from("ab")), **({"namespace": "x"} if namespaced else {})}
    if team := draw(st.sampled_from(["", "t1", "t2"])):
        metadata["labels"] = {"muster/team": team}
    body = {
        "apiVersion": version,
        "kind": kind,
        "metadata": metadata,
        **draw(st.dictionaries(KEYS, BODIES, max_size=2)),
    }
    return declared(body, Origin(Place("f")))


WORLDS = st.lists(objects(), max_size=6, unique_by=lambda manifest: manifest.key).map(Manifests)


@given(WORLDS)
def test_nothing_differs_from_itself(world):
    assert difference(world, world) == ()


@given(WORLDS, WORLDS)
def test_a_difference_reads_the_same_from_the_other_side(base, head):
    there, back = difference(base, head), difference(head, base)
    turned = {Verb.ADDED: Verb.REMOVED, Verb.REMOVED: Verb.ADDED}
    assert {change.key: turned.get(change.verb, change.verb) for change in there} == {c.key: c.verb for c in back}
    reverse = {change.key: change for change in back}
    for change in there:
        assert {(f.path, repr(f.before), repr(f.after)) for f in change.fields} == {
            (f.path, repr(f.after), repr(f.before)) for f in reverse[change.key].fields
        }
        assert set(change.because) == set(reverse[change.key].because)


@given(WORLDS, WORLDS)
def test_every_object_is_there_once_or_unchanged(base, head):
    keys = [change.key for change in difference(base, head)]
    assert len(set(keys)) == len(keys)
    assert {change.key for change in difference(base, head) if change.verb is Verb.ADDED} == head.keys() - base.keys()
    assert {change.key for change in difference(base, head) if change.verb is Verb.REMOVED} == base.keys() - head.keys()
