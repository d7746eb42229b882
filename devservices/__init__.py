"""PostgreSQL, Valkey and the product's own processes on a developer's machine, without Docker and without root.

Only development, the demo and the tests use this package; the production image does not contain it. It imports
nothing of the product, so that the settings may ask it for URLs.

Three instances stand side by side and never touch each other's data: `main` (`make up`), `demo` (`make demo`)
and `tests` (`make test`; it trades durability for speed).
"""
