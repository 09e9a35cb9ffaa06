"""Builds the whole site as static files, with the responses of `feedsvc serve`.

    publication --plan--> paths and file names --write--> files --manifest, rules--> hosts

All content comes from the WSGI app, called in process. Nothing here renders or knows feed formats.
"""
