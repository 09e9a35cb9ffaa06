"""The Flask app and blueprint that serve feeds and HTML pages.

    request --edge, from memory--> response
    request --edge--> Flask --route table--> view --> response

All content comes from a Publication. The package knows no SQL, and opens no files except its own
assets and those that the publication returns.
"""

from feedsvc.web.app import create_app, create_blueprint

__all__ = ["create_app", "create_blueprint"]
