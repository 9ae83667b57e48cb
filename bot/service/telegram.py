"""The Telegram part of the service: by webhook where one is set, else by long polling."""

from __future__ import annotations

from math import nan
from time import time
from typing import TYPE_CHECKING, Any

from starlette.routing import Route
from telegram.error import InvalidToken

from bot.channels.telegram.access import Access
from bot.channels.telegram.app import AT_ONCE, build_application
from bot.channels.telegram.intake import Intake
from bot.channels.telegram.kit import Kit
from bot.channels.telegram.limiter import Limiter
from bot.channels.telegram.outcome import Outcome
from bot.channels.telegram.polling import Poller
from bot.channels.telegram.registration import Registration
from bot.channels.telegram.webhook import Webhook
from bot.service.errors import StartError
from bot.service.health import FINE, Condition, State
from bot.service.settings import plain

if TYPE_CHECKING:
    import asyncio

    from bot.channels.teaching import Teaching
    from bot.channels.telegram.line import Line
    from bot.service.metrics import Metrics
    from bot.service.settings import Settings

REFUSED = "Telegram refused the bot token: check TELEGRAM_BOT_TOKEN, or ask @BotFather for a new one"
POST = "telegram"
"""What replicas call the post that one of them holds: polling, or registering the webhook."""


class Telegram:
    """Everything of Telegram that the service runs, serves and measures."""

    def __init__(self, settings: Settings, token: str, teaching: Teaching) -> None:
        """Put it together; nothing is connected yet."""
        store = teaching.store
        self._limiter = Limiter(AT_ONCE)
        self._access = Access(
            settings.posbot_allowed_chats,
            settings.posbot_allowed_users,
            settings.posbot_admins,
            members=settings.posbot_allow_members,
        )
        kit = Kit(teaching.answering, memory=store.chats, access=self._access, teaching=teaching)
        application = build_application(token, kit, base_url=settings.telegram_api_base, limiter=self._limiter)
        self._intake = Intake(application, store.claims)
        self.routes: list[Route] = []
        """The webhook, where there is one."""
        common: dict[str, Any] = {"leadership": store.leadership(POST), "curators": settings.posbot_admins}
        url, path, secret = (
            settings.telegram_webhook_url,
            settings.webhook_path,
            plain(settings.telegram_webhook_secret),
        )
        self._line: Line
        if url and path and secret:
            self._line = Registration(application, self._intake, url=url, secret=secret, **common)
            self.routes.append(Route(path, Webhook(self._intake, secret)))
        else:
            self._line = Poller(application, self._intake, **common)

    @property
    def condition(self) -> Condition:
        """Whether updates come in."""
        progress = self._line.progress
        return FINE if progress.is_well else Condition(State.FAILS, progress.words)

    async def run(self, stop: asyncio.Event) -> None:
        """Answer until told to stop; raises StartError where Telegram refuses the token."""
        try:
            await self._line.run(stop)
        except InvalidToken:
            raise StartError(REFUSED) from None

    def tell(self, metrics: Metrics) -> None:
        """Have what is counted here told among the metrics."""
        tally, access, limiter = self._intake.tally, self._access, self._limiter
        metrics.count_by("kind", "updates", "Updates taken.", lambda: tally.kinds)
        metrics.count_by("outcome", "update_outcomes", "Updates that came to an end.", lambda: tally.outcomes)
        metrics.count_by("kind", "telegram_errors", "Calls to Telegram that failed, each try.", lambda: limiter.faults)
        metrics.count("redeliveries", "Updates that came again.", lambda: tally.redelivered)
        metrics.count("given_up", "Answers that could not be sent.", lambda: tally.outcomes[Outcome.GIVEN_UP])
        metrics.count("turned_away", "Updates of those who are not let in.", lambda: access.turned_away)
        metrics.measure("in_flight", "Updates in hand.", lambda: self._intake.in_hand)
        metrics.measure("last_update_age_seconds", "Seconds since an update came.", self._age)

    def _age(self) -> float:
        at = self._intake.tally.last_at
        return nan if at is None else time() - at
