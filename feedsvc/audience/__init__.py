"""Counts who reads the feeds, without keeping addresses (docs/statistics.md)."""
