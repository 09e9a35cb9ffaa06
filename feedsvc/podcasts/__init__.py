"""Podcasts: settings of shows, keys of episodes, recordings, chapters, transcripts and players.

The core finds the feature and its namespaces through entry points; docs/podcasts.md describes what
they do. The structs of shows and episodes are part of the model, in `feedsvc.podcast`.
"""
