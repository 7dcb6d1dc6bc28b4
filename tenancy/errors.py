"""Mistakes end a command; findings are values (see finding.py)."""

from collections.abc import Iterable

from tenancy.finding import Finding, Place, mistake


class MusterError(Exception):
    """The input or the request cannot be used; the message says what would be right."""


class ConfigError(MusterError):
    """Files, manifests or settings that cannot be read; carries all findings, not the first."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))

    @classmethod
    def at(cls, place: Place | str, message: str) -> "ConfigError":
        """Return the error for one mistake at *place* (a place, or just a file)."""
        return cls([mistake(message, Place(place) if isinstance(place, str) else place)])


class TraceError(MusterError):
    """A job history that cannot be read; names file and line."""

    def __init__(self, message: str, file: str, line: int = 0) -> None:
        self.place = Place(file, line)
        super().__init__(f"{self.place}: {message}")


class InfeasibleError(MusterError):
    """No answer meets all constraints; the message names those that conflict."""
