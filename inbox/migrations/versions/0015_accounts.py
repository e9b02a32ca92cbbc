"""Sign-in failures by where they came from, one-time links, passkeys, emergency access, and chats that ended."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def _timestamp(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, inbox.models.column_types.Timestamp(timezone=True), nullable=nullable)


def _staff_id(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["staff_id"], ["staff_members.id"], name=op.f(f"fk_{table}_staff_id_staff_members"))


def upgrade() -> None:
    # not in a batch, which would rebuild tables that others refer to
    op.add_column("conversations", _timestamp("chat_ended_at", nullable=True))
    op.add_column("staff_members", sa.Column("oidc_subject", sa.String(length=64), nullable=True))
    op.create_index("ix_staff_members_oidc_subject", "staff_members", ["oidc_subject"], unique=True)
    op.create_table(
        "sign_in_failures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        _timestamp("last_at"),
        _timestamp("locked_until", nullable=True),
        _staff_id("sign_in_failures"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failures")),
        sa.UniqueConstraint("staff_id", "source", name=op.f("uq_sign_in_failures_staff_id_source")),
    )
    op.create_table(
        "staff_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        _timestamp("created_at"),
        _timestamp("expires_at"),
        _timestamp("used_at", nullable=True),
        _staff_id("staff_links"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_staff_links_token_hash")),
    )
    op.create_index("ix_staff_links_staff_id", "staff_links", ["staff_id"])
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.String(length=1400), nullable=False),
        sa.Column("public_key", sa.String(length=1400), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        _timestamp("created_at"),
        _timestamp("last_used_at", nullable=True),
        _staff_id("passkeys"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
    )
    op.create_index("ix_passkeys_staff_id", "passkeys", ["staff_id"])
    op.create_table(
        "emergency_accesses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("practice", sa.String(length=63), nullable=False),
        sa.Column("reason", inbox.models.column_types.EncryptedText(), nullable=False),
        _timestamp("created_at"),
        _timestamp("expires_at"),
        _timestamp("reviewed_at", nullable=True),
        sa.Column("reviewed_by", sa.Integer(), nullable=True),
        _staff_id("emergency_accesses"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_accesses")),
    )
    op.create_index("ix_emergency_accesses_staff_id", "emergency_accesses", ["staff_id", "expires_at"])


def downgrade() -> None:
    op.drop_table("emergency_accesses")
    op.drop_table("passkeys")
    op.drop_table("staff_links")
    op.drop_table("sign_in_failures")
    op.drop_index("ix_staff_members_oidc_subject", "staff_members")
    op.drop_column("staff_members", "oidc_subject")
    op.drop_column("conversations", "chat_ended_at")
