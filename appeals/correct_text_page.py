"""Where readers of a language say what is wrong with its texts."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from appeals import attempts, corrections
from appeals.forms import Words
from appeals.language_register import checked_by_natives
from appeals.page import public_page, show, speak


class CorrectionForm(forms.Form):
    text = Words(required=True, missing=_("Please copy the text that is wrong."))
    suggestion = Words(required=True, missing=_("Please write how it should be."))
    remark = Words(required=False)


@public_page
def correct_text(request: HttpRequest) -> HttpResponse:
    """The form, about the language that the page is in; ``?text=`` fills in what is wrong."""
    code = speak(request)
    context = {"checked": code in checked_by_natives(), "in_source": code == settings.LANGUAGE_CODE}
    if request.method != "POST":
        form = CorrectionForm(initial={"text": request.GET.get("text", "")})
        return show(request, "correct_text", form=form, thanks="thanks" in request.GET, **context)
    if "send" not in request.POST:
        # Only the language was changed: what was typed comes with it, and nothing is said of it yet.
        return show(request, "correct_text", form=CorrectionForm(initial=request.POST.dict()), **context)
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        return show(request, "correct_text", 422, form=form, **context)
    try:
        attempts.count_correction(request)
    except attempts.TooManyAttempts:
        response = show(request, "correct_text", 429, form=form, too_many=True, **context)
        response["Retry-After"] = str(int(attempts.CORRECTIONS_WINDOW.total_seconds()))
        return response
    corrections.send(code, **form.cleaned_data)
    return HttpResponseRedirect(f"{reverse('correct-text')}?language={code}&thanks=1", status=303)
