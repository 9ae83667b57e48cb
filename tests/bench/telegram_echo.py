"""The peer of the bench: python-telegram-bot with a handler that sends the words back, and nothing else.

`python -m tests.bench.telegram_echo polling BASE_URL AT_ONCE` or `... webhook BASE_URL AT_ONCE PORT`. Polling is the
library's own run_polling; the webhook is the custom one of its examples: 200 at once, then the queue.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import TYPE_CHECKING, Any

from telegram import Update
from telegram.ext import ApplicationBuilder, ContextTypes, MessageHandler, filters
from telegram.request import HTTPXRequest

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

TOKEN = "4242:double-for-load"
POOL_TIMEOUT = 10.0
"""As patient as ours."""


async def echo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    """Say it again."""
    if update.message and update.message.text:
        await update.message.reply_text(update.message.text)


def builder(base_url: str, at_once: int) -> ApplicationBuilder[Any, Any, Any, Any, Any, Any]:
    """What polling and the webhook have in common."""
    return (
        ApplicationBuilder()
        .token(TOKEN)
        .base_url(base_url)
        .request(HTTPXRequest(connection_pool_size=at_once, pool_timeout=POOL_TIMEOUT))
        .get_updates_request(HTTPXRequest(connection_pool_size=1))
        .concurrent_updates(at_once)
    )


def poll(base_url: str, at_once: int) -> None:
    """Run by long polling."""
    application = builder(base_url, at_once).build()
    application.add_handler(MessageHandler(filters.TEXT, echo))
    application.run_polling()


async def listen(base_url: str, at_once: int, port: int) -> None:
    """Run by webhook."""
    import uvicorn  # noqa: PLC0415 - polling needs none of it, and memory is measured
    from starlette.applications import Starlette  # noqa: PLC0415
    from starlette.responses import Response  # noqa: PLC0415
    from starlette.routing import Route  # noqa: PLC0415

    application = builder(base_url, at_once).updater(None).build()
    application.add_handler(MessageHandler(filters.TEXT, echo))

    async def take(request: Request) -> Response:
        update = Update.de_json(await request.json(), application.bot)
        await application.update_queue.put(update)
        return Response()

    app = Starlette(routes=[Route("/telegram", take, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    async with application:
        await application.start()
        listening = socket.create_server(("127.0.0.1", port), backlog=1024)
        await application.bot.set_webhook(
            f"http://127.0.0.1:{port}/telegram", max_connections=min(100, at_once), allowed_updates=[Update.MESSAGE]
        )
        await server.serve([listening])
        await application.stop()


def main(arguments: list[str]) -> None:
    """Run in the mode named."""
    mode, base_url, at_once, *port = arguments
    if mode == "polling":
        poll(base_url, int(at_once))
    else:
        asyncio.run(listen(base_url, int(at_once), int(port[0])))


if __name__ == "__main__":
    main(sys.argv[1:])
