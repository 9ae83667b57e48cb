"""Asks the running service how it is. A container's health check calls it every few seconds, so it imports little."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException
from typing import Any

from bot.service.environment import SettingsError, one_setting
from bot.service.findings import FAILS, Finding

SECONDS = 5.0
ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "[::]": "::1"}  # noqa: S104 - nothing is bound here
"""Where a service that listens on every address of the machine can be asked."""


def probe() -> list[Finding]:
    """Ask the service at POSBOT_HOST and POSBOT_PORT; a finding for each part, or one of the whole where it is away."""
    try:
        host = one_setting("POSBOT_HOST") or "127.0.0.1"
        port = int(one_setting("POSBOT_PORT") or 8080)
    except SettingsError as error:
        return [Finding("settings", FAILS, str(error))]
    except ValueError:
        return [Finding("settings", FAILS, "POSBOT_PORT should be a whole number")]
    return asked(ANY.get(host, host), port)


def asked(host: str, port: int) -> list[Finding]:
    """Ask the service at an address."""
    connection = HTTPConnection(host.strip("[]"), port, timeout=SECONDS)
    try:
        connection.request("GET", "/readyz")
        body = json.loads(connection.getresponse().read())
        return _findings(body)
    except (OSError, HTTPException, ValueError, KeyError, TypeError, AttributeError):
        told = f"nothing that is posbot answers at {host}:{port}; start it with posbot serve, or set POSBOT_PORT"
        return [Finding("service", FAILS, told)]
    finally:
        connection.close()


def _findings(body: dict[str, Any]) -> list[Finding]:
    told = body.get("told", {})
    states = {
        "service": body["status"],
        **{name: state for name, state in body.items() if name not in {"status", "told"}},
    }
    return [Finding(name, FAILS if state == "fails" else state, told.get(name, "")) for name, state in states.items()]
