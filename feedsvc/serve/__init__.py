"""`feedsvc serve`: worker processes, the edge in front of the app, and the writer thread."""
