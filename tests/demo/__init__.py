"""The doors of the demo."""
