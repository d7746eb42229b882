"""The main job, shown from end to end, and everything a developer starts with one command."""
