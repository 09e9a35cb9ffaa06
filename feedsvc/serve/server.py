"""The app with everything that a serving process adds: edge, watch, limits, metrics, status."""

from feedsvc.publication import Publication
from feedsvc.serve.edge import Edge
from feedsvc.serve.limits import limits
from feedsvc.serve.metrics import Metrics
from feedsvc.serve.status import Status
from feedsvc.serve.watch import Watch
from feedsvc.web.app import create_app


def create_server(publication: Publication) -> Edge:
    """Return the app with the edge in front of it, for a process that does nothing but serve."""
    metrics = Metrics()
    watch = Watch(publication, metrics.flush)
    serve = publication.settings.serve
    app = create_app(publication, Status(serve, watch, metrics).views)
    edge = Edge(app.wsgi_app, watch, metrics, limits(serve))
    watch.start()
    return edge
