"""The store's first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "claims",
        sa.Column("id", number, primary_key=True, autoincrement=False, comment="Telegram's update id"),
        sa.Column("owner", sa.String(32), nullable=False, comment="the process that has it in hand; empty for none"),
        sa.Column("lease_until", sa.Double, nullable=False, comment="until when nobody else may take it"),
        sa.Column("done", sa.Boolean, nullable=False, comment="answered, or never to be"),
        sa.Column("seen", sa.Double, nullable=False, comment="when it came first"),
    )
    op.create_table(
        "memory",
        sa.Column(
            "key", sa.String(100), primary_key=True, comment="kind and keyed hash of the chat, and of the person"
        ),
        sa.Column("value", sa.Text, nullable=False, comment="JSON: settings, codes or message numbers, never words"),
        sa.Column("until", sa.Double, comment="when it is forgotten; null for never"),
    )
    op.create_table(
        "votes",
        sa.Column("chat", sa.String(32), primary_key=True),
        sa.Column("message", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("person", sa.String(32), primary_key=True),
        sa.Column("is_up", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String(40)),
        sa.Column("codes", sa.String(40), nullable=False, comment="the codes answered: 02+10"),
        sa.Column("intent", sa.String(20), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
    )
    op.create_table(
        "misses",
        sa.Column("text", sa.String(500), primary_key=True, comment="redacted: words of the bot's own vocabulary only"),
        sa.Column("outcome", sa.String(20), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table(
        "taught",
        sa.Column("id", number, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(20), nullable=False, comment="alias, note or out_of_scope"),
        sa.Column("phrase", sa.Text, nullable=False),
        sa.Column("code", sa.String(2)),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("payer", sa.String(40), nullable=False),
        sa.Column("source_title", sa.Text, nullable=False),
        sa.Column("source_url", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("by", sa.String(32), nullable=False),
        sa.Column("undone", sa.Boolean, nullable=False),
    )
    op.create_table(
        "tallies",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("kind", sa.String(40), primary_key=True),
        sa.Column("key", sa.String(80), primary_key=True),
        sa.Column("amount", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.String(200), nullable=False),
    )


def downgrade() -> None:
    """Take the tables away with all they hold."""
    for table in ("secrets", "tallies", "taught", "misses", "votes", "memory", "claims"):
        op.drop_table(table)
