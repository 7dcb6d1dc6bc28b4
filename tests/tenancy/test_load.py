import os
import shutil

import pytest

from support.stacks import EXAMPLES, NAMES, complaints, loaded, write, wrong
from tenancy.errors import ConfigError
from tenancy.finding import Place
from tenancy.load import inherited, is_environment, load

SMALLEST = "apiVersion: muster/v1alpha1\nkind: Team\nmetadata: {name: a}\nowners: [leads]\nquota: {h100: 8}\n"


@pytest.fixture
def stack(tmp_path):
    return write(tmp_path, a={"quota": {"h100": 8}})


@pytest.mark.parametrize("name", NAMES)
def test_examples_load(name):
    environment = load(EXAMPLES / name)
    assert environment.name == name
    assert sorted(environment.teams) == sorted(path.stem for path in (EXAMPLES / name / "teams").iterdir())


def test_name_owners_and_one_line_of_quota_are_a_team(stack):
    (stack / "teams/a.yaml").write_text(SMALLEST)
    team = load(stack).teams["a"]
    assert team.quota["h100"].total == 8
    assert (team.scheduler, team.cohort, team.isolation, team.pod_security) == (
        "kueue",
        "all",
        "namespace",
        "restricted",
    )
    assert list(team.namespaces) == ["jobs"]


def test_every_value_has_its_place(tmp_path):
    environment = loaded(tmp_path, {"defaults": {"queue": {"weight": 2}}}, a={"quota": {"h100": {"nominal": 8}}})
    team = f"{tmp_path}/teams/a.yaml"
    assert environment.place(["teams", "a", "quota", "h100", "nominal"]) == Place(team, 9, 5)
    assert environment.place(["teams", "a"]) == Place(team, 1, 1)
    file = f"{tmp_path}/environment.yaml"
    assert environment.place(["pools", "h100", "tiers", 1, "price"]).file == file
    assert environment.place(["teams", "a", "queue", "weight"]) == environment.place(["defaults", "queue", "weight"])
    assert environment.place(["teams", "nobody"]).file == file


def test_a_mistake_names_file_line_column_field_and_what_would_be_right(stack):
    (stack / "teams/a.yaml").write_text(
        SMALLEST.replace("quota: {h100: 8}", "isolation: node-pool\nquota:\n  h100: 18")
    )
    message = "18 is no whole number of nodes with 8 each; did you mean 16 or 24?"
    assert complaints(stack) == [f"teams/a.yaml:7:3: quota.h100.nominal: {message}"]


def test_all_mistakes_are_said_at_once_in_order_of_place(stack):
    (stack / "teams/b.yaml").write_text(SMALLEST.replace("name: a", "name: b").replace("h100: 8", "h10: 8"))
    (stack / "teams/c.yaml").write_text("apiVersion: muster/v1alpha1\nkind: Team\nmetadata: {name: c}\nquta: 1\n")
    (stack / "teams/d.yaml").write_text("")
    (stack / "teams/e.yaml").write_text("a: [")
    (stack / "teams/notes.txt").write_text("")
    assert complaints(stack) == [
        "teams/b.yaml:5:9: quota.h10: there is no pool h10; did you mean h100?",
        "teams/c.yaml:1:1: owners: the field owners is missing",
        "teams/c.yaml:4:1: quta: there is no such field; did you mean quota?",
        "teams/d.yaml: is empty; one file holds one Team",
        "teams/e.yaml:1:5: is no YAML: did not find expected node content",
        "teams/notes.txt: is no team file; they end in .yaml",
    ]


def test_a_broken_environment_does_not_hide_broken_teams(stack):
    (stack / "environment.yaml").write_text("kind: Environment\n")
    (stack / "teams/a.yaml").write_text("kind: Team\n")
    lines = complaints(stack)
    assert any(line.startswith("environment.yaml:1:1: pools: the field pools is missing") for line in lines)
    assert any(line.startswith("teams/a.yaml:1:1: owners: the field owners is missing") for line in lines)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "is empty; one file holds one Team"),
        (b"# only words\n", "is empty; one file holds one Team"),
        (b"null\n", "is empty; one file holds one Team"),
        (b"5\n", "1:1: is no mapping; it begins with `kind: Team`"),
        (b"- kind: Team\n", "1:1: is no mapping; it begins with `kind: Team`"),
        (b"a: 1\n", "1:1: kind: the field kind is missing; write `kind: Team`"),
        (b"kind: Environment\n", "1:1: kind: 'Environment' is not expected here; write `kind: Team`"),
        (b"kind: [Team]\n", "1:1: kind: ['Team'] is not expected here; write `kind: Team`"),
        (b"kind: Team\n---\nkind: Team\n", "3:1: holds 2 documents; one file holds one Team"),
        (b"kind: T\xffam\n", "1:8: byte 0xff is no UTF-8; save the file as UTF-8"),
        (b"kind: Team\x00\n", "1:11: character '\\x00' may not stand in YAML"),
        (b"a: " + b"x" * 10_000_000, "is too large; at most 1 MiB are read"),
        (b"[" * 900, "1:101: is nested more than 100 levels deep"),
        (b"[" * 100_000, "1:1001: is no YAML: exceeded maximum nesting depth"),
        (BOMB.encode(), "2:8: alias *a is refused here; write the value out"),
        (b"kind: !!python/object/apply:os.system [id]\n", "1:7: tag 'tag:yaml.org,2002:python/object/apply:os.syste"),
        (b"kind: Team\nkind: Team\n", "2:1: key 'kind' stands twice; keep one"),
        (b"kind: Team\nprotect: yes\n", "2:10: yes is read differently by YAML dialects; write true, or quote it"),
    ],
)
def test_content_that_is_no_team_is_refused(stack, content, line):
    (stack / "teams/a.yaml").write_bytes(content)
    separator = ":" if line[0].isdigit() else ": "
    assert complaints(stack)[0].startswith(f"teams/a.yaml{separator}{line}")


def test_folders_that_are_no_stack_are_refused(tmp_path):
    file = tmp_path / "environment.yaml"
    hint = "a stack folder holds environment.yaml and teams/"
    assert complaints(tmp_path / "no") == [f"{tmp_path}/no: there is no such folder; {hint}"]
    assert complaints(tmp_path) == [f"{tmp_path}: holds no environment.yaml; a stack folder has one, and teams/"]
    file.write_text("kind: Environment\n")
    assert "teams: is no folder; it holds a file for each team" in complaints(tmp_path)


def test_a_file_is_not_taken_for_its_folder(stack):
    with pytest.raises(ConfigError, match=r"environment\.yaml: is a file; name the folder it is in"):
        load(stack / "environment.yaml")


@pytest.mark.parametrize("name", ["environment.yaml", "teams", "teams/a.yaml"])
def test_links_are_not_followed(stack, name):
    target = stack / "elsewhere"
    (stack / name).rename(target)
    (stack / name).symlink_to(target)
    assert f"{name}: is a link; put what it leads to here" in complaints(stack)


def test_a_link_to_an_endless_file_is_not_followed(stack):
    (stack / "environment.yaml").unlink()
    (stack / "environment.yaml").symlink_to("/dev/zero")
    assert complaints(stack) == ["environment.yaml: is a link; put what it leads to here"]


def test_hidden_files_beside_the_teams_are_left_alone(stack):
    (stack / "teams/.a.yaml.swp").write_text("x")
    assert complaints(stack) == []


def test_a_team_stands_in_the_file_of_its_name(stack):
    (stack / "teams/b.yaml").write_text(SMALLEST)
    (stack / "teams/d.yaml").write_text(SMALLEST.replace("name: a", "name: c"))
    assert complaints(stack) == [
        "teams/b.yaml:3:12: metadata.name: 'a' is declared in teams/a.yaml already; choose another name",
        "teams/d.yaml:3:12: metadata.name: 'c' stands in the file of d; call it c.yaml",
    ]


def test_a_file_whose_name_is_no_text_is_shown_with_escapes(stack):
    os.rename(bytes(stack / "teams/a.yaml"), bytes(stack / "teams") + b"/\xff.yaml")
    (line,) = complaints(stack)
    assert line.startswith("teams/\\udcff.yaml:")
    assert line.endswith("'a' stands in the file of \\udcff; call it a.yaml")


def test_teams_inherit_join_mappings_replace_lists_and_override():
    defaults = {"queue": {"weight": 2, "queueingStrategy": "StrictFIFO"}, "cohort": "x", "currency": "no setting"}
    team = {"queue": {"weight": 3}, "owners": ["a"], "cohort": None}
    assert inherited(team, defaults) == {
        "queue": {"weight": 3, "queueingStrategy": "StrictFIFO"},
        "owners": ["a"],
        "cohort": None,
    }
    assert inherited({"queue": 5}, defaults)["queue"] == 5
    assert defaults["queue"] == {"weight": 2, "queueingStrategy": "StrictFIFO"}


OPENED = {"registry": {"cidr": "10.0.0.0/24"}, "data": {"cidr": "10.1.0.0/24"}}


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, {"registry": 443, "data": 443}),
        ({"registry": {"cidr": "10.9.0.0/24", "ports": [5000]}}, {"registry": 5000, "data": 443}),
        ({"registry": {"ports": [5000]}}, {"registry": 5000, "data": 443}),
        ({"registry": None}, {"data": 443}),
        ({"other": {"cidr": "10.2.0.0/24"}}, {"registry": 443, "data": 443, "other": 443}),
    ],
)
def test_any_default_can_be_overridden_or_dropped(tmp_path, fields, found):
    defaults = {"network": {"egress": OPENED}}
    environment = loaded(tmp_path, {"defaults": defaults}, a={"quota": {"h100": 8}, "network": {"egress": fields}})
    egress = environment.teams["a"].network.egress
    assert {name: opening.ports[0] for name, opening in egress.items()} == found


def test_counts_keep_their_defaults_beside_what_is_set(tmp_path):
    environment = loaded(
        tmp_path, {"defaults": {"counts": {"pods": 50}}}, a={"quota": {"h100": 8}, "counts": {"secrets": None}}
    )
    counts = environment.teams["a"].counts
    assert (counts["pods"], counts["services.loadbalancers"], "secrets" in counts) == (50, 0, False)


@pytest.mark.parametrize("own", [{}, {"ingress": {}}, {"egress": {}}])
def test_what_is_wrong_with_a_default_is_said_once_and_where_it_stands(tmp_path, own):
    teams = {name: {"quota": {"h100": 8}, "network": own} for name in ("a", "b")}
    write(tmp_path, {"defaults": {"network": {"egress": {"data": {"cidr": "nowhere"}}}}}, **teams)
    (line,) = complaints(tmp_path)
    assert line.startswith("environment.yaml:")
    assert "network.egress.data.cidr: 'nowhere' is no block of addresses" in line


def test_what_is_wrong_with_an_override_stands_at_the_override(tmp_path):
    team = {"quota": {"h100": 8}, "network": {"egress": {"data": {"ports": [0]}}}}
    write(tmp_path, {"defaults": {"network": {"egress": OPENED}}}, a=team)
    (line,) = complaints(tmp_path)
    assert line.startswith("teams/a.yaml:")
    assert line.endswith("network.egress.data.ports[0]: 0 is below 1")


def test_an_environment_may_have_no_team_yet(tmp_path):
    assert loaded(tmp_path).teams == {}


def test_stack_folders_are_known_by_their_file(tmp_path, stack):
    assert is_environment(stack)
    assert not is_environment(stack / "teams")
    assert not is_environment(tmp_path / "no")


def test_a_mistake_in_one_team_is_not_laid_on_another(tmp_path):
    opened = {"network": {"ingress": {"gate": {"team": "b"}}}, "quota": {"h100": 8}}
    assert wrong(tmp_path, a=opened, b={"quota": {"h100": "8"}}) == [
        "quota.h100.nominal: '8' is no whole number; remove the quotes"
    ]
    shutil.rmtree(tmp_path / "teams")
    assert wrong(tmp_path, a=opened) == ["network.ingress.gate.team: there is no team b; there are a"]
