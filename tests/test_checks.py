"""The system checks say before the first case what would otherwise be found out by losing something."""

from __future__ import annotations

from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.checks import Tags, run_checks
from django.db import connection
from psycopg import sql
from pytest_django import Settings

from config.launcher import commands
from tests.processes import Running, database_url


def found(*tags: str, databases: list[str] | None = None) -> list[str]:
    return [each.id or "" for each in run_checks(tags=tags or None, databases=databases)]


@pytest.mark.django_db
def test_the_desk_of_the_tests_passes_every_check() -> None:
    assert found() == []
    assert found(Tags.database, databases=["default"]) == []


def test_a_short_key_is_refused_where_others_can_reach_the_desk(settings: Settings) -> None:
    settings.SECRET_KEY = "short"
    assert found(Tags.security) == []
    settings.FAIRLEAD_URL = "https://desk.example.org"
    assert "fairlead.E003" in found(Tags.security)
    settings.SECRET_KEY = "long" * 8
    assert "fairlead.E003" not in found(Tags.security)


@pytest.mark.django_db
def test_an_old_postgresql_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.checks.OLDEST_POSTGRESQL", 99)
    assert found(Tags.database, databases=["default"]) == ["fairlead.E004"]


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_not_in_utf_8_is_refused() -> None:
    name = f"{connection.settings_dict['NAME']}_ascii"
    with psycopg.connect(database_url(), autocommit=True) as server:
        server.execute(
            sql.SQL("CREATE DATABASE {} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0").format(
                sql.Identifier(name)
            )
        )
        try:
            url = urlsplit(database_url())._replace(path=f"/{name}").geturl()
            with Running(commands.manage("check", "--database", "default"), DATABASE_URL=url) as check:
                assert check.process.wait(60) == 1
                assert "fairlead.E005" in check.said()
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_a_redis_that_is_away_is_a_warning(settings: Settings) -> None:
    settings.RQ_QUEUES = {"default": {"URL": "redis://127.0.0.1:1/0"}}
    assert found(Tags.database) == ["fairlead.W001"]
