"""The edge in front of the app and a fake publication, in one process and without a socket."""

from typing import NamedTuple

from werkzeug.test import EnvironBuilder, run_wsgi_app

from feedsvc.config.serving import ServeSettings
from feedsvc.serve.edge import Edge
from feedsvc.serve.limits import Limits
from feedsvc.serve.metrics import Metrics
from feedsvc.serve.status import Status
from feedsvc.serve.watch import Watch
from feedsvc.web.app import create_app
from tests.web.fake import FakePublication


class Reply(NamedTuple):
    """A response."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(
    edge: Edge, path: str, *, method: str = "GET", client: str = "127.0.0.1", **fields: str
) -> Reply:
    """Send a request to an edge. fields: header fields, like `if_none_match`."""
    environ = EnvironBuilder(path).get_environ()
    environ.update({f"HTTP_{name.upper()}": value for name, value in fields.items()})
    environ.update(REQUEST_METHOD=method, REMOTE_ADDR=client)
    body, status, headers = run_wsgi_app(edge, environ, buffered=True)
    return Reply(int(status[:3]), dict(headers), b"".join(body))


class Front:
    """All of the public face but the watching thread: `look` does its work."""

    def __init__(
        self,
        publication: FakePublication | None = None,
        serve: ServeSettings | None = None,
    ) -> None:
        serve = serve or ServeSettings()
        self.publication = publication or FakePublication()
        self.metrics = Metrics()
        self.watch = Watch(self.publication, self.metrics.flush)
        app = create_app(self.publication, Status(serve, self.watch, self.metrics).views)
        limits = Limits(serve) if serve.full_polls else None
        self.edge = Edge(app.wsgi_app, self.watch, self.metrics, limits)

    def look(self) -> None:
        """Detect new revisions of the publication."""
        self.watch.poll()

    def ask(
        self, path: str, *, method: str = "GET", client: str = "127.0.0.1", **fields: str
    ) -> Reply:
        """Send a request. fields: header fields, like `if_none_match`."""
        return ask(self.edge, path, method=method, client=client, **fields)

    def counted(self) -> dict[str, float]:
        """Return the metrics of /metrics, by name and labels."""
        lines = self.ask("/metrics").body.decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}
