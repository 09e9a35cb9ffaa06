"""Tests of what the catalog stores of push."""
