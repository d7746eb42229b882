"""The public host's entrance: signing up and in, second factors, sessions, accepting invitations."""
