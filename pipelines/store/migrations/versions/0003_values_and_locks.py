"""Decisions about values (correct, prefer) and about whole customers (lock)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds what they say: a field and its value (personal), and the records that a lock is about."""
    for column in (sa.Column("field", sa.String(32)), sa.Column("value", sa.Text), sa.Column("records", sa.Text)):
        op.add_column("decisions", column)


def downgrade() -> None:
    """Takes them away, and with them the decisions that need them."""
    op.execute("delete from decisions where kind in ('lock', 'correct', 'prefer')")
    for name in ("field", "value", "records"):
        op.drop_column("decisions", name)
