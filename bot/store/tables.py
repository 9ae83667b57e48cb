"""The tables of the store. Moments are seconds since 1970 in UTC; who and where are keyed hashes, never ids."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Double, Integer, MetaData, String, Table, Text

METADATA = MetaData()
_Id = BigInteger().with_variant(Integer, "sqlite")
"""On SQLite only a column declared INTEGER is the row's own number."""

CLAIMS = Table(
    "claims",
    METADATA,
    Column("id", _Id, primary_key=True, autoincrement=False, comment="Telegram's update id"),
    Column("owner", String(32), nullable=False, comment="the process that has it in hand; empty for none"),
    Column("lease_until", Double, nullable=False, comment="until when nobody else may take it"),
    Column("done", Boolean, nullable=False, comment="answered, or never to be"),
    Column("seen", Double, nullable=False, comment="when it came first"),
)

MEMORY = Table(
    "memory",
    METADATA,
    Column("key", String(100), primary_key=True, comment="kind and keyed hash of the chat, and of the person"),
    Column("value", Text, nullable=False, comment="JSON: settings, codes or message numbers, never words"),
    Column("until", Double, comment="when it is forgotten; null for never"),
)

VOTES = Table(
    "votes",
    METADATA,
    Column("chat", String(32), primary_key=True),
    Column("message", BigInteger, primary_key=True, autoincrement=False),
    Column("person", String(32), primary_key=True),
    Column("is_up", Boolean, nullable=False),
    Column("reason", String(40)),
    Column("codes", String(40), nullable=False, comment="the codes answered: 02+10"),
    Column("intent", String(20), nullable=False),
    Column("day", Date, nullable=False),
)

MISSES = Table(
    "misses",
    METADATA,
    Column("text", String(500), primary_key=True, comment="redacted: words of the bot's own vocabulary only"),
    Column("outcome", String(20), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("count", Integer, nullable=False),
)

TAUGHT = Table(
    "taught",
    METADATA,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("kind", String(20), nullable=False, comment="alias, note or out_of_scope"),
    Column("phrase", Text, nullable=False),
    Column("code", String(2)),
    Column("text", Text, nullable=False),
    Column("payer", String(40), nullable=False),
    Column("source_title", Text, nullable=False),
    Column("source_url", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("by", String(32), nullable=False),
    Column("undone", Boolean, nullable=False),
)

TALLIES = Table(
    "tallies",
    METADATA,
    Column("day", Date, primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("key", String(80), primary_key=True),
    Column("amount", BigInteger, nullable=False),
)

SECRETS = Table(
    "secrets",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
)
