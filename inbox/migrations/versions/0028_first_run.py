"""The first admin's link, and what the setup checklist is known by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from inbox.models.column_types import Timestamp

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "first_admin_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("expires_at", Timestamp(), nullable=False),
        sa.Column("used_at", Timestamp(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_first_admin_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_first_admin_links_token_hash")),
    )
    op.create_table(
        "practice_setups",
        sa.Column("practice", sa.String(63), nullable=False),
        sa.Column("started_at", Timestamp(), nullable=False),
        sa.Column("hidden_at", Timestamp(), nullable=True),
        sa.PrimaryKeyConstraint("practice", name=op.f("pk_practice_setups")),
    )
    op.create_table(
        "setup_sightings",
        sa.Column("practice", sa.String(63), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("origin", sa.String(300), nullable=True),
        sa.Column("last_at", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("practice", "kind", name=op.f("pk_setup_sightings")),
    )
    op.create_table(
        "setup_tests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice", sa.String(63), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("team", sa.String(32), nullable=True),
        sa.Column("target", sa.String(16), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=True),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("finished_at", Timestamp(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_members.id"], name=op.f("fk_setup_tests_staff_id_staff_members")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setup_tests")),
    )
    op.create_index("ix_setup_tests_practice", "setup_tests", ["practice", "kind", "id"])


def downgrade() -> None:
    for table in ("setup_tests", "setup_sightings", "practice_setups", "first_admin_links"):
        op.drop_table(table)
