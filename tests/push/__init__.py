"""Tests of push (WebSub)."""
