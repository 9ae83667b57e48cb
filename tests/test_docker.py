"""The image and what is put around it: they name only settings there are, and leave nothing open by mistake."""

# ruff: noqa: D103 - the name of a test is the sentence it proves

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from bot.service.settings import described
from tests.conftest import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICE: dict[str, Any] = COMPOSE["services"]["posbot"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
SETTINGS = {name for name, _, _ in described()}


@pytest.mark.parametrize("file", ["README.md", "Dockerfile", "compose.yaml"])
def test_only_settings_there_are_get_named(file: str) -> None:
    named = set(re.findall(r"\b(?:POSBOT|TELEGRAM)_[A-Z_]+|\bDATABASE_URL\b", (ROOT / file).read_text("utf-8")))
    assert named
    assert named - SETTINGS - {"POSBOT_DOMAIN"} == set()


def test_the_image_keeps_its_database_where_a_volume_is_and_is_probed() -> None:
    assert "DATABASE_URL=sqlite+aiosqlite:////data/posbot.db" in DOCKERFILE
    assert "POSBOT_HOST=0.0.0.0" in DOCKERFILE
    assert re.search(r"^VOLUME /data$", DOCKERFILE, re.MULTILINE)
    assert re.search(r'^HEALTHCHECK .* CMD \["posbot", "doctor", "--probe"\]$', DOCKERFILE, re.MULTILINE)


def test_two_replicas_share_a_postgresql_and_a_key() -> None:
    environment = SERVICE["environment"]
    assert SERVICE["deploy"]["replicas"] == 2
    assert environment["DATABASE_URL"].startswith("postgresql+psycopg://posbot:${POSTGRES_PASSWORD:?")
    assert environment["DATABASE_URL"].endswith("@database/posbot")
    assert COMPOSE["services"]["database"]["image"].startswith("postgres:")
    assert SERVICE["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert environment["POSBOT_SECRET_KEY"].startswith("${POSBOT_SECRET_KEY:?")


def test_nothing_starts_without_its_secrets() -> None:
    text = (ROOT / "compose.yaml").read_text("utf-8")
    assert re.findall(r"(?<!\$)\$\{\w+\}", text) == []
    assert re.findall(r"(?<!\$)\$\{(\w+)(?!\w*:\?)", text) == []


def test_the_replicas_may_do_little_and_are_reached_through_the_proxy_only() -> None:
    assert (SERVICE["read_only"], SERVICE["cap_drop"]) == (True, ["ALL"])
    assert "ports" not in SERVICE
    assert "ports" not in COMPOSE["services"]["database"]
    (subnet,) = COMPOSE["networks"]["inside"]["ipam"]["config"]
    assert SERVICE["environment"]["POSBOT_TRUSTED_PROXIES"] == subnet["subnet"]


def test_the_proxy_keeps_health_and_metrics_to_itself() -> None:
    caddyfile = COMPOSE["configs"]["caddyfile"]["content"]
    assert "@inside path /metrics /healthz /readyz" in caddyfile
    assert "respond @inside 404" in caddyfile
    assert "dynamic a posbot 8080" in caddyfile
