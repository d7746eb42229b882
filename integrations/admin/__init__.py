"""The customer's admin: their own tables only, on their own host."""

from integrations.admin import pages  # noqa: F401 - registers the pages
from integrations.admin.site import customer_site

__all__ = ["customer_site"]
