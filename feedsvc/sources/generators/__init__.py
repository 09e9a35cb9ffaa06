"""Conventions of other generators, a module for each.

The core does not import this package: it finds the generators through the entry points
`feedsvc.generators`, and without them reads plain trees. `detect` recognises a generator's site,
`convention` describes its articles, and `foreign` reads them.
"""
