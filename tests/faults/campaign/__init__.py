"""The fault campaign: the real engine, flows and clients on real PostgreSQL, both simulators, and one seed per history.

Everything that could differ between two runs of a seed is under its control: one virtual clock, one actor at a time,
seeded identifiers, seeded faults on the wire, crashes before seeded statements. `python -m tests.faults.campaign`
runs a range of seeds; docs/fault-campaign.md says what is promised and what was found.

`moves` is what happens, `stage` lets one actor go on at a time, `wire` carries calls to the simulators, `world` is the
set, `history` plays a list of moves on it, `checkers` look at both end states, `shrinking` tells a failure in few
moves, `mutants` are bugs that have to be found, `ranges` plays many seeds.
"""
