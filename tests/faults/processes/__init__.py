"""The fault campaign with real processes: workers, beat, broker and PostgreSQL killed and stopped at random.

`python -m tests.faults.processes --seed 1 --records 5000`. One seed names the order and the pauses of everything that
is done to the installation; what the operating system makes of it differs from run to run, which is the point. `stage`
starts an installation of its own, `harms` is what is done to it, `people` is what happens at the source meanwhile, and
`books` says in the end what is not exact, from both systems' sides and from the ledger's.
"""
