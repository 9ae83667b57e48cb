"""The Telegram channel, built on python-telegram-bot."""

import sys

# httpx, which python-telegram-bot brings along, would import its command line client, and rich and pygments with it:
# five megabytes and a twentieth of a second that no bot needs. Told that it is not installed, httpx goes without.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
