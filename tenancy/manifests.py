"""Kubernetes objects as plain mappings: keyed, ordered, each with its origin; read from files, written as YAML."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from tenancy.canonical import written
from tenancy.document import Dialect, Document, documents, read_stream, read_text
from tenancy.errors import ConfigError
from tenancy.finding import Finding, PathKey, Place, Severity, mistake, quoted
from tenancy.kinds import Kind, kind_of

Body = Mapping[str, Any]
TEAM_LABEL = "muster/team"
STDIN = "-"
STDIN_FILE = Path("stdin")
SUFFIXES = (".yaml", ".yml", ".json")
NOT_OBJECTS = frozenset({"kustomize.config.k8s.io", "muster"})


class Key(NamedTuple):
    """What tells objects apart: API group, kind, namespace (empty where there is none) and name."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return "/".join(part for part in self[1:] if part)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an object comes from: the *place* it was written, or the place of the Environment value it was made of.

    *source* is the path of that value in the Environment, *parts* the places of single fields of the object.
    """

    place: Place
    source: tuple[PathKey, ...] = ()
    document: Document | None = field(default=None, repr=False, compare=False)
    parts: Mapping[tuple[PathKey, ...], Place] = field(default_factory=dict, repr=False, compare=False)

    def of(self, path: Sequence[PathKey]) -> Place:
        """Return the place of the field at *path*, or of the nearest value around it."""
        if self.document is not None:
            return self.document.place(path)
        for length in range(len(path), 0, -1):
            if found := self.parts.get(tuple(path[:length])):
                return found
        return self.place


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object: its *key*, its *body* as YAML would hold it, and its *origin*."""

    key: Key
    body: Body
    origin: Origin

    @property
    def kind(self) -> Kind:
        """Return what is known of its kind."""
        return kind_of(self.key.group, self.key.kind, bool(self.key.namespace))

    @property
    def labels(self) -> Mapping[str, str]:
        """Return the object's labels."""
        return self.body.get("metadata", {}).get("labels") or {}

    @property
    def spec(self) -> Body:
        """Return the object's spec, empty where it has none."""
        return self.body.get("spec") or {}


class Manifests(Mapping[Key, Manifest]):
    """The objects of one world, in the order in which they are made; *skipped* says what was read and left out."""

    def __init__(self, manifests: Iterable[Manifest], skipped: Iterable[Finding] = ()) -> None:
        """Sort *manifests*; ConfigError where two have one key."""
        self._by_key: dict[Key, Manifest] = {}
        twice = []
        for manifest in sorted(manifests, key=lambda m: (m.kind.order, m.key)):
            first = self._by_key.setdefault(manifest.key, manifest)
            if first is not manifest:
                twice.append((manifest, first.origin.place))
        if twice:
            raise ConfigError(_clashes(twice))
        self.skipped = tuple(skipped)

    def __getitem__(self, key: Key) -> Manifest:
        return self._by_key[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._by_key)

    def __len__(self) -> int:
        return len(self._by_key)

    def of_kind(self, group: str, kind: str) -> Sequence[Manifest]:
        """Return all objects of one kind, in order."""
        return self._by_kind.get((group, kind), [])

    @cached_property
    def _by_kind(self) -> Mapping[tuple[str, str], list[Manifest]]:
        found: dict[tuple[str, str], list[Manifest]] = {}
        for manifest in self._by_key.values():
            found.setdefault((manifest.key.group, manifest.key.kind), []).append(manifest)
        return found

    def team(self, manifest: Manifest) -> str:
        """Return the team that *manifest* belongs to by its label or that of its namespace; empty for none."""
        if TEAM_LABEL in manifest.labels:
            return manifest.labels[TEAM_LABEL]
        namespace = self._by_key.get(Key("", "Namespace", "", manifest.key.namespace))
        return namespace.labels.get(TEAM_LABEL, "") if namespace else ""


def _clashes(twice: Sequence[tuple[Manifest, Place]]) -> Iterator[Finding]:
    """Yield what is declared *twice*; of a namespace that is, its objects are not counted up."""
    namespaces = {manifest.key.name for manifest, _ in twice if manifest.key[:2] == ("", "Namespace")}
    for manifest, other in twice:
        if manifest.key.namespace not in namespaces:
            message = f"{manifest.key} is declared twice, also at {other}; rename or remove one"
            yield mistake(message, manifest.origin.place)


def declared(body: Body, origin: Origin) -> Manifest:
    """Return the manifest of an object that Muster itself declares; its kind must be in the table of kinds."""
    metadata = body["metadata"]
    group = group_of(body["apiVersion"])
    return Manifest(Key(group, body["kind"], metadata.get("namespace", ""), metadata["name"]), body, origin)


def group_of(api_version: str) -> str:
    """Return the API group.

    >>> group_of("batch/v1"), group_of("v1")
    ('batch', '')
    """
    return api_version.rpartition("/")[0]


def read(paths: Iterable[str]) -> Manifests:
    """Read the objects in *paths*: files, folders (all YAML and JSON below) and `-` for standard input.

    ConfigError carries every file that is no YAML or JSON and every document that is no object.
    """
    found: list[Manifest] = []
    skipped: list[Finding] = []
    wrong: list[Finding] = []
    for path in _files(paths, skipped, wrong):
        try:
            for document in documents(_text(path), str(path), Dialect.MANIFEST):
                found += _objects(document, skipped, wrong)
        except ConfigError as error:
            wrong += error.findings
    if wrong:
        raise ConfigError(wrong)
    return Manifests(_told_apart(found), skipped)


def parsed(text: str, file: str) -> Manifests:
    """Return the objects in *text*, which came from *file*; ConfigError where it holds something else."""
    skipped: list[Finding] = []
    wrong: list[Finding] = []
    found: list[Manifest] = []
    for document in documents(text, file, Dialect.MANIFEST):
        found += _objects(document, skipped, wrong)
    if wrong:
        raise ConfigError(wrong)
    return Manifests(_told_apart(found), skipped)


def _text(path: Path) -> str:
    if path is STDIN_FILE:
        return read_stream(sys.stdin.buffer, str(path), Dialect.MANIFEST)
    return read_text(path, Dialect.MANIFEST)


def _files(paths: Iterable[str], skipped: list[Finding], wrong: list[Finding]) -> Iterator[Path]:
    """Yield the files that *paths* name, of folders all below.

    A file to which links of its folder lead is read once; a link that leads out of the folder is left out.
    """
    for name in paths:
        path = STDIN_FILE if name == STDIN else Path(name)
        if path is STDIN_FILE or not path.is_dir():
            yield path
            continue
        files = [file for file in sorted(path.rglob("*")) if file.suffix in SUFFIXES and not file.is_dir()]
        inside = {file.resolve(): file for file in reversed(files) if file.is_file()}
        for file in files:
            if not file.is_file() or not file.resolve().is_relative_to(path.resolve()):
                message = "is no file in this folder but a link out of it; left out"
                skipped.append(Finding("load", Severity.INFO, message, Place(str(file))))
            elif inside[file.resolve()] == file:
                yield file
        if not files:
            wrong.append(mistake(f"holds no file that ends in {', '.join(SUFFIXES)}", Place(str(path))))


def _told_apart(manifests: Iterable[Manifest]) -> Iterator[Manifest]:
    """Yield *manifests*, numbering those that the API server names: each use of a `generateName` is another object."""
    counts: dict[Key, int] = {}
    for manifest in manifests:
        key = manifest.key
        if not manifest.body.get("metadata", {}).get("name") and key.name:
            counts[key] = counts.get(key, 0) + 1
            key = key._replace(name=f"{key.name}#{counts[key]}")
        yield replace(manifest, key=key)


def _objects(document: Document, skipped: list[Finding], wrong: list[Finding]) -> Iterator[Manifest]:
    body = document.value
    problem = _problem(body)
    if problem:
        message, path = problem
        wrong.append(mistake(message, document.place(path)))
    elif isinstance(body.get("items"), list) and body["kind"].endswith("List"):
        for index, item in enumerate(body["items"]):
            item_body = _with_type(item, body)
            yield from _objects(document.part(item_body, ["items", index]), skipped, wrong)
    elif group_of(body["apiVersion"]) in NOT_OBJECTS:
        message = f"{body['kind']} is no object of the cluster; left out"
        skipped.append(Finding("load", Severity.INFO, message, document.place()))
    else:
        yield _manifest(document)


def _with_type(item: Any, around: Body) -> Any:
    """Give an item of a typed list (`JobList`) its kind, as the API server leaves it out there."""
    if isinstance(item, dict) and "kind" not in item and around["kind"] != "List":
        return {"apiVersion": around["apiVersion"], "kind": around["kind"].removesuffix("List"), **item}
    return item


def _problem(body: Any) -> tuple[str, tuple[str, ...]] | None:
    """Return what keeps *body* from being a Kubernetes object and where, None where nothing does."""
    if not isinstance(body, dict):
        return "is no Kubernetes object; it begins with apiVersion and kind", ()
    for name in ("apiVersion", "kind"):
        if not isinstance(body.get(name), str) or not body[name]:
            problem = "is no text; quote it" if body.get(name) else "is missing"
            return f"is no Kubernetes object: the field {name} {problem}", (name,)
    for name, empty in (("metadata", {}), ("spec", None)):
        if not isinstance(body.get(name, empty), dict) and body.get(name, empty) is not empty:
            return f"{name} of a {quoted(body['kind'])} is no mapping", (name,)
    if body["kind"] == "List" and not isinstance(body.get("items"), list):
        return "the items of a List must be a list", ("items",)
    return _metadata_problem(body.get("metadata", {}))


def _metadata_problem(metadata: Body) -> tuple[str, tuple[str, ...]] | None:
    for name in ("name", "generateName", "namespace"):
        if not isinstance(metadata.get(name), str | None):
            return f"metadata.{name} must be text; quote it", ("metadata", name)
    for name in ("labels", "annotations"):
        entries = metadata.get(name) or {}
        if not isinstance(entries, dict) or not all(isinstance(value, str) for value in entries.values()):
            return f"metadata.{name} must map text to text; quote the values", ("metadata", name)
    return None


def _manifest(document: Document) -> Manifest:
    body = document.value
    metadata = body.get("metadata", {})
    group, kind = group_of(body["apiVersion"]), body["kind"]
    name = metadata.get("name") or metadata.get("generateName") or ""
    namespace = metadata.get("namespace") or ""
    known = kind_of(group, kind, bool(namespace))
    key = Key(group, kind, (namespace or "default") if known.namespaced else "", name)
    return Manifest(key, body, Origin(document.place(), document=document))


FIRST = {"apiVersion": 0, "kind": 1, "metadata": 2}


def to_yaml(manifests: Iterable[Manifest]) -> str:
    """Write *manifests* as one YAML stream; equal objects give equal bytes."""
    return "---\n".join(
        written({key: manifest.body[key] for key in sorted(manifest.body, key=lambda k: (FIRST.get(k, 3), k))})
        for manifest in manifests
    )
