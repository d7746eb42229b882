"""The customer's own desk."""
