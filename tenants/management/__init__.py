"""Commands of the public schema."""
