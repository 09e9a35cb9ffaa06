"""The public face: feeds for readers and pages for people, as one Flask app behind an edge.

    request --edge, from memory--> answer
    request --edge--> request path --Links--> local path --first view that knows it--> Response

It asks a Publication for everything. It knows no SQL and no clock, and opens no file but its own
assets and those that the publication hands it to send.
"""

from feedsvc.web.app import create_app

__all__ = ["create_app"]
