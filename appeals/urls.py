"""The addresses of appeals: the public pages, and the page on which moderators review."""

from django.urls import path

from appeals import enter_page, form_page, review_page, views
from appeals.files import serving

urlpatterns = [
    path("appeal/", enter_page.enter, name="appeal-enter"),
    path("appeal/<str:token>/", form_page.appeal, name="appeal"),
    path("appeal/<str:token>/files/<int:file_id>/", serving.own, name="appeal-file"),
    path("appeal/<str:token>/status/", views.status, name="appeal-status"),
    path("cases/<int:case_id>/appeal/", review_page.review_case, name="appeal-review"),
    path("cases/<int:case_id>/appeal/translation/", review_page.translation, name="appeal-translation"),
    path("cases/<int:case_id>/appeal/files/<int:file_id>/", serving.review, name="appeal-file-review"),
    path("cases/<int:case_id>/appeal/conclude/", review_page.conclude, name="appeal-conclude"),
]
