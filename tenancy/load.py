"""A stack folder becomes an Environment; every mistake is one line with file, line and column, all at once."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from tenancy import references
from tenancy.document import Dialect, Document, documents, read_text
from tenancy.environment import DEFAULTS, Environment, EnvironmentFile, place
from tenancy.errors import ConfigError
from tenancy.finding import Finding, Place, dotted, mistake, quoted
from tenancy.mistakes import mistakes
from tenancy.schema import Model
from tenancy.team import Settings, Team

ENVIRONMENT_FILE = "environment.yaml"
TEAMS_FOLDER = "teams"
SUFFIX = ".yaml"
LINK = "is a link; put what it leads to here"

SomeModel = TypeVar("SomeModel", bound=Model)


def load(folder: Path) -> Environment:
    """Read the environment in *folder*: environment.yaml and teams/*.yaml. Nothing in it is executed.

    ConfigError carries every mistake.
    """
    findings: list[Finding] = []
    file = _environment_file(folder, findings)
    declared = _validated(file, file.value, EnvironmentFile, {"": file}, findings) if file else None
    documents_ = {Path(document.file).stem: document for document in _team_files(folder, findings)}
    teams = {name: _team(document, file, findings) for name, document in sorted(documents_.items())}
    if declared is None or file is None:
        raise ConfigError(_in_order(findings))
    environment = Environment.model_construct(
        **{name: getattr(declared, name) for name in EnvironmentFile.model_fields},
        teams={name: team for name, team in teams.items() if team},
        unreadable=frozenset(name for name, team in teams.items() if not team),
    )
    environment._sources = {"": file, **documents_}  # noqa: SLF001 - the place of every value is set once, here
    for path, message in references.check(environment):
        shown = path[2:] if path[0] == TEAMS_FOLDER else path
        findings.append(mistake(message, environment.place(path), dotted(shown)))
    if findings:
        raise ConfigError(_in_order(findings))
    return environment


def is_environment(path: Path) -> bool:
    """Tell whether *path* is a stack folder."""
    return (path / ENVIRONMENT_FILE).is_file()


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Sort by place; what is wrong with a default is said once, not once for every team."""
    once: dict[object, Finding] = {}
    for finding in findings:
        once.setdefault((finding.place, finding.message), finding)
    return sorted(once.values(), key=lambda finding: (finding.place or Place(""), finding.path, finding.message))


def _environment_file(folder: Path, findings: list[Finding]) -> Document | None:
    if not folder.is_dir():
        problem = "is a file; name the folder it is in" if folder.exists() else "there is no such folder"
        raise ConfigError.at(str(folder), f"{problem}; a stack folder holds {ENVIRONMENT_FILE} and {TEAMS_FOLDER}/")
    path = folder / ENVIRONMENT_FILE
    if path.is_symlink():
        raise ConfigError.at(str(path), LINK)
    if not path.exists():
        raise ConfigError.at(str(folder), f"holds no {ENVIRONMENT_FILE}; a stack folder has one, and {TEAMS_FOLDER}/")
    return _document(path, "Environment", findings)


def _team_files(folder: Path, findings: list[Finding]) -> Iterator[Document]:
    teams = folder / TEAMS_FOLDER
    if teams.is_symlink() or not teams.is_dir():
        problem = LINK if teams.is_symlink() else "is no folder; it holds a file for each team"
        findings.append(mistake(problem, Place(str(teams))))
        return
    for path in sorted(teams.iterdir()):
        if path.name.startswith("."):
            continue
        if path.suffix != SUFFIX or path.is_symlink():
            problem = LINK if path.is_symlink() else "is no team file; they end in .yaml"
            findings.append(mistake(problem, Place(str(path))))
        elif document := _document(path, "Team", findings):
            yield document


def _document(path: Path, kind: str, findings: list[Finding]) -> Document | None:
    """Return the one document of *path* if it is a mapping of *kind*."""
    try:
        found = documents(read_text(path, Dialect.OWN), str(path), Dialect.OWN)
    except ConfigError as error:
        findings += error.findings
        return None
    if len(found) != 1:
        problem = "is empty" if not found else f"holds {len(found)} documents"
        findings.append(
            mistake(f"{problem}; one file holds one {kind}", found[1].place() if found else Place(str(path)))
        )
    elif not isinstance(found[0].value, dict):
        findings.append(mistake(f"is no mapping; it begins with `kind: {kind}`", found[0].place()))
    elif (actual := found[0].value.get("kind")) != kind:
        problem = f"{quoted(actual)} is not expected here" if actual else "the field kind is missing"
        findings.append(mistake(f"{problem}; write `kind: {kind}`", found[0].place(["kind"]), "kind"))
    else:
        return found[0]
    return None


def _team(document: Document, environment: Document | None, findings: list[Finding]) -> Team | None:
    defaults = environment.value.get(DEFAULTS) if environment else None
    value = inherited(document.value, defaults if isinstance(defaults, dict) else {})
    name = Path(document.file).stem
    sources = {name: document, **({"": environment} if environment else {})}
    team = _validated(document, value, Team, sources, findings)
    if team is not None and team.name != name:
        right = Path(document.file).with_stem(team.name)
        problem = f"is declared in {right} already" if right.exists() else f"stands in the file of {name}"
        message = (
            f"{quoted(team.name)} {problem}; {'choose another name' if right.exists() else f'call it {right.name}'}"
        )
        findings.append(mistake(message, document.place(["metadata", "name"]), "metadata.name"))
        return None
    return team


def inherited(team: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return *team* with the environment's *defaults* where it says nothing; mappings are joined, lists replaced."""
    own = {name: defaults[name] for name in Settings.field_aliases() if name in defaults}
    return _joined(own, team)


def _joined(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    result = {**base, **over}
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            result[key] = _joined(base[key], value)
    return result


def _validated(
    document: Document, value: Any, model: type[SomeModel], sources: Mapping[str, Document], findings: list[Finding]
) -> SomeModel | None:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        prefix = () if model is EnvironmentFile else (TEAMS_FOLDER, Path(document.file).stem)
        findings += [
            mistake(message, place(sources, (*prefix, *path)), dotted(path)) for path, message in mistakes(error, model)
        ]
        return None
