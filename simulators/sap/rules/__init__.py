"""What the applications behind the services check and fill in."""
