"""Polls over real sockets against `feedsvc serve`, as readers, caches and attackers send them."""
