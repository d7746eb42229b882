"""The entrance's addresses. django-allauth finds its pages by these names; what is not listed here does not exist."""

from __future__ import annotations

from allauth.account import views as accounts
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as apps
from allauth.mfa.webauthn import views as keys
from django.conf import settings
from django.urls import path, re_path

from integrations.entrance import views
from tenants.doors import open_to_anybody

sign_in = accounts.LoginView.as_view(extra_context={"sign_up_open": settings.SIGN_UP_OPEN})

urlpatterns = [
    path("sign-in/", open_to_anybody(sign_in), name="account_login"),
    path("sign-in/passkey/", open_to_anybody(keys.login_webauthn), name="mfa_login_webauthn"),
    path("sign-in/second-factor/", open_to_anybody(factors.authenticate), name="mfa_authenticate"),
    path("sign-in/cancel/", open_to_anybody(accounts.logout), name="account_logout"),
    path("sign-in/inactive/", open_to_anybody(accounts.account_inactive), name="account_inactive"),
    path("sign-up/", open_to_anybody(views.SignUpView.as_view()), name="account_signup"),
    path(
        "sign-up/sent/",
        open_to_anybody(accounts.email_verification_sent),
        name="account_email_verification_sent",
    ),
    path("confirm/<key>/", open_to_anybody(views.ConfirmView.as_view()), name="account_confirm_email"),
    path("password/", open_to_anybody(accounts.password_reset), name="account_reset_password"),
    path("password/sent/", open_to_anybody(accounts.password_reset_done), name="account_reset_password_done"),
    re_path(
        r"^password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        open_to_anybody(accounts.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/done/",
        open_to_anybody(accounts.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("invitations/<token>/", views.invitation, name="invitation"),
    path("welcome/", views.welcome, name="welcome"),
    path("account/", views.account, name="account"),
    path("account/sessions/", views.own_sessions, name="sessions"),
    path("account/email/", accounts.email, name="account_email"),
    path("account/password/", accounts.password_change, name="account_change_password"),
    path("account/password/set/", accounts.password_set, name="account_set_password"),
    path("account/again/", accounts.reauthenticate, name="account_reauthenticate"),
    path("account/factors/", factors.index, name="mfa_index"),
    path("account/factors/again/", factors.reauthenticate, name="mfa_reauthenticate"),
    path("account/factors/app/", apps.activate_totp, name="mfa_activate_totp"),
    path("account/factors/app/remove/", apps.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/factors/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/factors/codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/factors/codes/file/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("account/factors/keys/", keys.list_webauthn, name="mfa_list_webauthn"),
    path("account/factors/keys/new/", keys.add_webauthn, name="mfa_add_webauthn"),
    path("account/factors/keys/again/", keys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/factors/keys/<int:pk>/", keys.edit_webauthn, name="mfa_edit_webauthn"),
    path("account/factors/keys/<int:pk>/remove/", keys.remove_webauthn, name="mfa_remove_webauthn"),
]
