"""A customer's host: signing in by hand-over, the home page, and the admin of their tables."""

from django.urls import include, path

from integrations.admin import customer_site
from tenants import views_customer

urlpatterns = [
    path("", include("integrations.portal.urls")),
    path("api/v1/", include("integrations.api.urls")),
    path("sign-in/", views_customer.sign_in, name="sign-in"),
    path("enter/", views_customer.enter, name="enter"),
    path("sign-out/", views_customer.sign_out, name="sign-out"),
    path("admin/", customer_site.urls),
]
