"""HTTP without a framework: representations, header fields, conditional answers."""
