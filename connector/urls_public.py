"""The public host: signing in, choosing a customer, and the operators' admin."""

from django.urls import path

from tenants import views_public
from tenants.admin import operators

urlpatterns = [
    path("", views_public.choose_customer, name="choose-customer"),
    path("sign-in/", views_public.sign_in, name="sign-in"),
    path("sign-out/", views_public.sign_out, name="sign-out"),
    path("hand-over/", views_public.hand_over, name="hand-over"),
    path("admin/", operators.urls),
]
