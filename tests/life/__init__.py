"""A site over a long time: whatever happens to it, readers lose nothing and see nothing early."""
