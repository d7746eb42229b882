"""Bytes of strangers: whatever comes, a parser answers with a value or with an error of its own kind, never another."""
