"""Signing in and out, and choosing a password.

Too many wrong passwords lock a name and address out for a while (django-axes).
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class SignIn(views.LoginView):
    template_name = "accounts/sign_in.html"
    authentication_form = AuthenticationForm
    redirect_authenticated_user = True


class SignOut(views.LogoutView):
    http_method_names = ["post"]


class NewPasswordForm(PasswordChangeForm):
    """Her old password, and a new one twice. A one-time password is not chosen again."""

    def clean_new_password1(self) -> str:
        new = str(self.cleaned_data.get("new_password1", ""))
        if self.user.check_password(new):
            raise ValidationError(_("Choose another password than the one that you have"))
        return new


class ChangePassword(views.PasswordChangeView):
    """Her own password. Who signed in with a one-time one, gets nowhere else before (config/permissions.py)."""

    template_name = "accounts/change_password.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("board")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        form.user.must_change_password = False  # saved with the password
        messages.success(self.request, gettext("Saved: your new password counts from now on."))
        return super().form_valid(form)

    def form_invalid(self, form: PasswordChangeForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)
