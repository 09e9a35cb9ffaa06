"""The settings of a site, read and validated once."""
