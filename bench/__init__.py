"""Benchmarks: one question each, both sides in the same run, printed as ratios."""
