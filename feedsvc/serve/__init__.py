"""`feedsvc serve`: the processes, the edge in front of the app, and the writer."""
