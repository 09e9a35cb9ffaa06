"""A site over a long time: readers lose nothing and see nothing early."""
