"""The customer's admin: their own tables only, on their own host."""

from integrations.admin import books, deliveries, jobs, maps, pages, setup  # noqa: F401 - they register the pages
from integrations.admin.site import customer_site

__all__ = ["customer_site"]
