from tenancy.errors import ConfigError, InfeasibleError, MusterError, TraceError
from tenancy.finding import Place, mistake


def test_a_config_error_carries_all_findings_one_line_each():
    error = ConfigError([mistake("is wrong", Place("a", 1, 2)), mistake("is worse", Place("b"), "x")])
    assert str(error).splitlines() == ["a:1:2: is wrong", "b: x: is worse"]
    assert [finding.path for finding in error.findings] == ["", "x"]


def test_a_config_error_of_one_mistake_has_its_place():
    assert str(ConfigError.at("f", "is missing")) == "f: is missing"
    assert ConfigError.at(Place("f", 2), "is odd").findings[0].place == Place("f", 2)


def test_a_trace_error_names_its_line():
    error = TraceError("9 is no time", "jobs.csv", 17)
    assert str(error) == "jobs.csv:17: 9 is no time"
    assert error.place == Place("jobs.csv", 17)
    assert str(TraceError("is empty", "jobs.csv")) == "jobs.csv: is empty"


def test_all_are_errors_of_muster():
    assert all(issubclass(kind, MusterError) for kind in (ConfigError, TraceError, InfeasibleError))
