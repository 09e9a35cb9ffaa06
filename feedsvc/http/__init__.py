"""Framework-independent HTTP: header fields, representations, conditional requests."""
