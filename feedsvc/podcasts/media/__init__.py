"""Reads what belongs to recordings: properties of media files, chapters and transcripts.

Nothing here decodes sound or pictures; everything is read from headers, within limits.
"""
