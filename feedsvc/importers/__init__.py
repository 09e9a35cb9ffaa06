"""Imports articles published elsewhere into the content folder, without any network access.

    source --feeds, wxr, ghost, medium, ...--> Item --compose--> text --write--> content/

`run` iterates over the sources, `sources` detects their formats, and only `write` creates files.
"""
