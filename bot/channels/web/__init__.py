"""The web channel: a chat, pages and an API over the same engine, rendered on the server."""
