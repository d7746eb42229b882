"""The public host: signing up and in, choosing a customer, and the operators' admin."""

from django.urls import include, path, re_path

from integrations import metrics_page, webhooks
from integrations.entrance import leaving
from tenants import views_public
from tenants.admin import operators

urlpatterns = [
    path("", views_public.choose_customer, name="choose-customer"),
    path("", include("integrations.entrance.urls")),
    path("customers/<slug:schema_name>/stay/", leaving.stay, name="stay"),
    path("sign-out/", views_public.sign_out, name="sign-out"),
    path("hand-over/", views_public.hand_over, name="hand-over"),
    path("api/v1/", include("integrations.api.urls_staff")),
    path("admin/", include("integrations.admin.urls_operators")),
    path("admin/", operators.urls),
    path("metrics", metrics_page.show, name="metrics"),
    # With or without the last slash: whoever sends them follows no redirect.
    re_path(r"^webhooks/servicetitan/(production|sandbox)/?$", webhooks.own_app, name="webhooks"),
    re_path(r"^webhooks/servicetitan/connections/([\w-]{43})/?$", webhooks.customers_app, name="own-webhooks"),
]
