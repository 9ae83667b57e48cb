"""The HTTP application: health and metrics, Telegram's webhook, and whatever pages it is given."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.service.faces import refused
from bot.service.passage import Passage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from bot.service.health import Health
    from bot.service.metrics import Metrics

UNKEPT = {"cache-control": "no-store"}


def build_app(
    health: Health, metrics: Metrics, pages: Sequence[BaseRoute] = (), limits: Mapping[str, int] | None = None
) -> Passage:
    """Put the application together; `pages` go after the service's own routes."""
    app = Starlette(
        routes=[*own_routes(health, metrics), *pages], exception_handlers={HTTPException: refused, Exception: refused}
    )
    # A redirect to the same path with or without a slash would repeat whatever stands in the query.
    app.router.redirect_slashes = False
    return Passage(app, metrics.requested, limits)


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
