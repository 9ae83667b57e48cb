"""The HTTP application: health and metrics, Telegram's webhook, and whatever pages it is given."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.service.passage import BROKEN, Passage, failed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from bot.service.health import Health
    from bot.service.metrics import Metrics

UNKEPT = {"cache-control": "no-store"}
SENTENCES = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take such a request.",
}
"""Where the framework itself refuses, its own words say less."""


def build_app(health: Health, metrics: Metrics, pages: Sequence[BaseRoute] = ()) -> Passage:
    """Put the application together; pages go after the service's own routes, and may answer whatever is left."""
    app = Starlette(
        routes=[*own_routes(health, metrics), *pages], exception_handlers={HTTPException: _refused, Exception: _broken}
    )
    # A redirect to the same path with or without a slash would repeat whatever stands in the query.
    app.router.redirect_slashes = False
    return Passage(app, metrics.requested)


def own_routes(health: Health, metrics: Metrics) -> list[BaseRoute]:
    """What is open to everybody who can reach the port."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"}, headers=UNKEPT)

    async def readyz(_: Request) -> Response:
        report = await health.look()
        status = HTTPStatus.OK if report.is_ready else HTTPStatus.SERVICE_UNAVAILABLE
        return JSONResponse(report.body, status, headers=UNKEPT)

    async def exposed(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(metrics.registry), headers={"content-type": content_type, **UNKEPT})

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", exposed)]


async def _broken(_: Request, __: Exception) -> Response:
    return failed(HTTPStatus.INTERNAL_SERVER_ERROR, BROKEN)


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return await _broken(request, error)
    status = HTTPStatus(error.status_code)
    sentence = error.detail if error.detail != status.phrase else SENTENCES.get(status, f"{status.phrase}.")
    answer = failed(status, sentence)
    answer.headers.update(error.headers or {})
    return answer
