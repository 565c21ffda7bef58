"""Signing in and out. Too many wrong passwords lock a name and address out for a while (django-axes)."""

from __future__ import annotations

from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm


class SignIn(views.LoginView):
    template_name = "accounts/sign_in.html"
    authentication_form = AuthenticationForm
    redirect_authenticated_user = True


class SignOut(views.LogoutView):
    http_method_names = ["post"]
