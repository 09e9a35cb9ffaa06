"""Adds subscriptions and the state of other hubs (WebSub)."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
readers = "0003"


def upgrade() -> None:
    """Create the tables, empty."""
    op.create_table(
        "subscription",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("feed", sa.BigInteger, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("callback", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("lease_end", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_try", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "subscription_request",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("subscription", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("feed", sa.BigInteger),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("callback", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("lease", sa.Integer, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("requester", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_try", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "hub",
        sa.Column("url", sa.Text, primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("feed", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_try", sa.BigInteger, nullable=False),
    )
    op.create_index("subscription_pending", "subscription", ["feed", "revision", "next_try"])
    op.create_index("subscription_host", "subscription", ["host"])
    op.create_index("subscription_lease_end", "subscription", ["lease_end"])
    op.create_index("subscription_request_pending", "subscription_request", ["done", "next_try"])
    op.create_index("subscription_request_subscription", "subscription_request", ["subscription"])
    op.create_index("subscription_request_host", "subscription_request", ["host", "created"])
    op.create_index(
        "subscription_request_requester", "subscription_request", ["requester", "created"]
    )
