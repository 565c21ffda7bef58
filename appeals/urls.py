"""The addresses of appeals: the public pages, and the page on which moderators review."""

from django.urls import path

from appeals import (
    copying,
    correct_text_page,
    corrections_page,
    disputes_page,
    enter_page,
    figures_page,
    form_page,
    letters_page,
    misuse_page,
    review_page,
    status_page,
)
from appeals.files import serving

urlpatterns = [
    path("appeal/", enter_page.enter, name="appeal-enter"),
    path("appeal/<str:token>/", form_page.appeal, name="appeal"),
    path("appeal/<str:token>/files/<int:file_id>/", serving.own, name="appeal-file"),
    path("appeal/<str:token>/status/", status_page.status, name="appeal-status"),
    path("appeal/<str:token>/withdraw/", status_page.withdraw, name="appeal-withdraw"),
    path("appeal/<str:token>/copy/", copying.copy, name="appeal-copy"),
    path("appeals/figures/", figures_page.show_figures, name="appeal-figures"),
    path("appeals/misuse/", misuse_page.list_misuse, name="misuse"),
    path("appeals/misuse/<int:account_id>/<slug:of>/", misuse_page.misuse_of, name="misuse-of"),
    path("appeals/misuse/measures/<int:misuse_id>/lift/", misuse_page.lift_measure, name="lift-measure"),
    path("appeals/disputes/", disputes_page.list_disputes, name="disputes"),
    path("appeals/disputes/new/", disputes_page.new_dispute, name="new-dispute"),
    path("appeals/disputes/<int:dispute_id>/", disputes_page.edit_dispute, name="dispute"),
    path("appeals/disputes/bodies/", disputes_page.bodies, name="dispute-bodies"),
    path("appeals/disputes/bodies/<int:body_id>/", disputes_page.body, name="dispute-body"),
    path("languages/correct/", correct_text_page.correct_text, name="correct-text"),
    path("appeals/corrections/", corrections_page.list_corrections, name="corrections"),
    path(
        "appeals/corrections/<int:correction_id>/",
        corrections_page.answer_correction,
        name="answer-correction",
    ),
    path(
        "appeals/corrections/<slug:language>.po", corrections_page.corrections_file, name="corrections-file"
    ),
    path("letters/", letters_page.letters, name="letters"),
    path("letters/retry/", letters_page.retry_letters, name="retry-letters"),
    path("cases/<int:case_id>/appeal/", review_page.review_case, name="appeal-review"),
    path("cases/<int:case_id>/appeal/translation/", review_page.translation, name="appeal-translation"),
    path("cases/<int:case_id>/appeal/files/<int:file_id>/", serving.review, name="appeal-file-review"),
    path("cases/<int:case_id>/appeal/options/", review_page.options, name="appeal-options"),
    path("cases/<int:case_id>/appeal/preview/", review_page.preview, name="appeal-preview"),
    path("cases/<int:case_id>/appeal/ask/", review_page.ask, name="appeal-ask"),
    path("cases/<int:case_id>/appeal/conclude/", review_page.conclude, name="appeal-conclude"),
]
