"""Polls over real sockets against `feedsvc serve`, as sent by readers, caches and attackers."""
