import pytest

from tenancy.finding import Finding, Place, Severity, dotted, mistake, printable, quoted


def test_severities_compare_by_rank():
    ordered = [Severity.INFO, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL]
    assert sorted(Severity) == ordered
    assert Severity.MEDIUM <= Severity.MEDIUM < Severity.HIGH
    assert Severity.CRITICAL >= Severity.HIGH > Severity.INFO


@pytest.mark.parametrize(
    ("place", "text"),
    [(Place("f"), "f"), (Place("f", 3), "f:3"), (Place("f", 3, 7), "f:3:7")],
)
def test_a_place_reads_as_compilers_write_it(place, text):
    assert str(place) == text


def test_a_finding_is_one_line():
    finding = mistake("is wrong\nand more\x1b[31m", Place("f\n.yaml", 3, 7), "a.b")
    assert str(finding) == "f\\n.yaml:3:7: a.b: is wrong\\nand more\\x1b[31m"
    assert finding.severity is Severity.CRITICAL
    assert finding.rule == "load"


def test_a_finding_without_a_place_is_its_message():
    assert str(Finding("K001", Severity.LOW, "is odd")) == "is odd"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b", 0, "c"], "a.b[0].c"),
        ([0, "a"], "[0].a"),
        (["hard", "requests.nvidia.com/gpu"], 'hard["requests.nvidia.com/gpu"]'),
    ],
)
def test_paths_are_written_as_users_do(path, text):
    assert dotted(path) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 漢", "plain ü 漢"),
        ("a\tb", "a\\tb"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\ud800", "\\ud800"),
        ("\x9b31m", "\\x9b31m"),
    ],
)
def test_nothing_that_steers_a_terminal_is_printed(text, shown):
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "'a'"),
        ("", "''"),
        (8, "8"),
        (1.5, "1.5"),
        (True, "true"),
        ("x" * 60, f"'{'x' * 60}'"),
        ("x" * 61, f"'{'x' * 59}…'"),
        ("\n" * 100, f"'{chr(92)}n" + f"{chr(92)}n" * 28 + f"{chr(92)}…'"),
    ],
)
def test_quotes_are_short_and_on_one_line(value, text):
    assert quoted(value) == text
