"""Pages of a customer's host. Only members reach them (tenants.middleware)."""

from integrations.portal import (
    alerts,
    audit_trail,
    books,
    connect,
    export,
    fit,
    flows,
    home,
    keys,
    map_changes,
    maps,
    programs,
    records,
    retention,
    tasks,
    team,
)

urlpatterns = [
    *home.routes,
    *records.routes,
    *tasks.routes,
    *books.routes,
    *flows.routes,
    *maps.routes,
    *map_changes.routes,
    *team.routes,
    *alerts.routes,
    *programs.routes,
    *keys.routes,
    *retention.routes,
    *audit_trail.routes,
    *export.routes,
    *connect.routes,
    *fit.routes,
]
