"""Addresses for signing in and out, for one's password, and for choosing the desk's language."""

from django.urls import path
from django.views.i18n import set_language

from accounts import views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", views.SignOut.as_view(), name="sign-out"),
    path("password/", views.ChangePassword.as_view(), name="change-password"),
    path("interface-language/", set_language, name="interface-language"),
]
