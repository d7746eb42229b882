"""The documentation site: pages of docs/, and a reference that is made from the code. `make docs` builds it."""
