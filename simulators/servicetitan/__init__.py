"""A stand-in for ServiceTitan's API: inventory, accounting, settings, jobs and pricebook of several tenants."""
