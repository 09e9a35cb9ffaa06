"""The namespaces in the feeds of podcasts, found through the entry points `feedsvc.namespaces`."""
