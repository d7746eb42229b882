"""Pages of a customer's host. Only members reach them (tenants.middleware)."""

from integrations.portal import audit_trail, books, export, home, keys, map_changes, maps, records, retention, tasks

urlpatterns = [
    *home.routes,
    *records.routes,
    *tasks.routes,
    *books.routes,
    *maps.routes,
    *map_changes.routes,
    *keys.routes,
    *retention.routes,
    *audit_trail.routes,
    *export.routes,
]
