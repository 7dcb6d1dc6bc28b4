"""Reading a cluster, against a small server that answers as an API server does."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from tenancy.errors import MusterError
from tenancy.live import PAGE, read_live
from tenancy.manifests import Key

KUEUE = "kueue.x-k8s.io"
QUEUES = f"/apis/{KUEUE}/v1beta2/clusterqueues"
Answer = Callable[[str, dict[str, list[str]]], tuple[int, Any]]


def resource(name: str, kind: str) -> dict[str, Any]:
    return {"name": name, "kind": kind, "namespaced": kind != "ClusterQueue"}


DISCOVERY: dict[str, Any] = {
    "/apis": {"groups": [{"name": KUEUE, "preferredVersion": {"groupVersion": f"{KUEUE}/v1beta2"}}]},
    "/api/v1": {
        "resources": [resource("namespaces", "Namespace"), resource("pods", "Pod"), resource("pods/log", "Pod")]
    },
    f"/apis/{KUEUE}/v1beta2": {
        "resources": [resource("clusterqueues", "ClusterQueue"), resource("clusterqueues/status", "ClusterQueue")]
    },
}


def page(*names: str, after: str = "") -> dict[str, Any]:
    metadata = {"continue": after} if after else {}
    return {"metadata": metadata, "items": [{"metadata": {"name": name}, "spec": {}} for name in names]}


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Answer]]:
    """Yield what answers lists, by path; what is not there is empty."""
    answers: dict[str, Answer] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path in DISCOVERY:
                code, body = 200, DISCOVERY[url.path]
            else:
                code, body = answers.get(url.path, lambda *_: (200, page()))(url.path, parse_qs(url.query))
            if code == 0:
                self.connection.close()
                return
            content = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    config = tmp_path / "kubeconfig"
    config.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "here",
                "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
                "users": [{"name": "u", "user": {"token": "hidden-token"}}],
                "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
            }
        )
    )
    monkeypatch.setenv("KUBECONFIG", str(config))
    yield answers
    server.shutdown()
    server.server_close()
    thread.join()


def test_objects_come_page_by_page_with_their_kind_and_where_they_are_from(cluster: dict[str, Answer]) -> None:
    asked = []

    def queues(_: str, query: dict[str, list[str]]) -> tuple[int, Any]:
        asked.append(query)
        return 200, page("b") if "continue" in query else page("a", after="next")

    cluster[QUEUES] = queues
    found = read_live()
    keys = [Key(KUEUE, "ClusterQueue", "", name) for name in "ab"]
    assert sorted(found) == keys
    assert found[keys[0]].body["apiVersion"] == f"{KUEUE}/v1beta2"
    assert str(found[keys[0]].origin.place) == "live: ClusterQueue/a"
    assert asked == [{"limit": [str(PAGE)]}, {"limit": [str(PAGE)], "continue": ["next"]}]


def test_pods_are_not_read(cluster: dict[str, Answer]) -> None:
    cluster["/api/v1/pods"] = lambda *_: (500, {})
    assert not read_live()


def test_every_permission_that_is_missing_is_named(cluster: dict[str, Answer]) -> None:
    cluster[QUEUES] = cluster["/api/v1/namespaces"] = lambda *_: (403, {"message": "no"})
    with pytest.raises(MusterError, match=r"you may not list namespaces, clusterqueues\.kueue\.x-k8s\.io; ask for"):
        read_live()


def test_a_busy_server_is_asked_again(cluster: dict[str, Answer]) -> None:
    answers = iter([(429, {}), (503, {}), (200, page("a"))])
    cluster[QUEUES] = lambda *_: next(answers)
    assert [key.name for key in read_live()] == ["a"]


@pytest.mark.parametrize(("code", "words"), [(401, "401 .*expired"), (404, "404")])
def test_what_the_server_refuses_is_one_line_without_the_token(
    cluster: dict[str, Answer], code: int, words: str
) -> None:
    cluster[QUEUES] = lambda *_: (code, {"message": "hidden-token"})
    with pytest.raises(MusterError, match=words) as refused:
        read_live()
    assert "\n" not in str(refused.value)
    assert "hidden-token" not in str(refused.value)


def test_a_server_that_goes_away_in_the_middle_is_one_line(
    cluster: dict[str, Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenancy.live.ATTEMPTS", 1)
    cluster[QUEUES] = lambda *_: (0, None)
    with pytest.raises(MusterError, match=r"http://127\.0\.0\.1:\d+: cannot be read: ") as refused:
        read_live()
    assert "\n" not in str(refused.value)


def test_without_a_kubeconfig_or_a_context_it_is_said_where_one_is_looked_for(
    cluster: dict[str, Answer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cluster == {}
    with pytest.raises(MusterError, match="--context a context in it"):
        read_live("elsewhere")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nowhere"))
    with pytest.raises(MusterError, match=r"nowhere: .*KUBECONFIG names another file"):
        read_live()
