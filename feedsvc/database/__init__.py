"""Databases as sources of articles (`[[sources]] type = "sql"`).

    rows --columns or presets--> Item --importers.source.article--> Article

A SELECT of the user's, or a preset for a program, says which rows are articles. docs/databases.md
explains it.
"""
