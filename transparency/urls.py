"""Addresses of the transparency pages."""

from django.urls import path

from transparency.views import show_figures

urlpatterns = [path("figures/", show_figures, name="figures")]
