"""Tests of the tables of push in the catalog."""
