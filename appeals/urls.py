"""The addresses of appeals: the public pages, and the page on which moderators review."""

from django.urls import path

from appeals import review_page, views

urlpatterns = [
    path("appeal/", views.enter, name="appeal-enter"),
    path("appeal/<str:token>/", views.appeal, name="appeal"),
    path("appeal/<str:token>/status/", views.status, name="appeal-status"),
    path("cases/<int:case_id>/appeal/", review_page.review_case, name="appeal-review"),
    path("cases/<int:case_id>/appeal/translation/", review_page.translation, name="appeal-translation"),
    path("cases/<int:case_id>/appeal/conclude/", review_page.conclude, name="appeal-conclude"),
]
