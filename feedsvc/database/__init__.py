"""Databases as sources of articles (`[[sources]] type = "sql"`).

    rows --columns or presets--> Item --importers.source.article--> Article

A SELECT by the user, or a preset for a program, defines which rows are articles; see
docs/databases.md.
"""
