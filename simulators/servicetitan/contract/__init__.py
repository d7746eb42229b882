"""What ServiceTitan's OpenAPI documents say about the simulated operations, as data."""

from simulators.servicetitan.contract import accounting, inventory, jpm, pricebook, settings
from simulators.servicetitan.contract.notation import Contract, read

CONTRACT: Contract = read(
    {"inventory": inventory, "accounting": accounting, "settings": settings, "jpm": jpm, "pricebook": pricebook}
)
