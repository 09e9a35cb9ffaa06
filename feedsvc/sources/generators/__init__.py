"""Conventions of other generators, a module for each, on top of the sources.

Nothing imports this package by name: the entry points `feedsvc.generators` name its objects, and
without it feedsvc reads plain trees. `detect` recognises a generator's site, `convention` is what
each describes, `foreign` reads files by it.
"""
