"""The public face: feeds for readers and pages for people, as one Flask app behind an edge.

    request --edge, from memory--> answer
    request --edge--> Flask --table of routes--> view --> Response

It asks a Publication for everything. It knows no SQL and no clock, and opens no file but its own
assets and those that the publication hands it to send.
"""

from feedsvc.web.app import create_app, create_blueprint

__all__ = ["create_app", "create_blueprint"]
