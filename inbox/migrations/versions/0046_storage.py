"""Find a patient's conversations on every channel by their index, and doubt the keys of erased patients' opt-outs.

While keys changed, an erasure could note the wrong key of the two. Which one it was can't be told without the number,
so that all keys are kept until it is known.
"""

from __future__ import annotations

from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE opt_outs SET index_key = NULL WHERE patient_address IS NULL")
    op.create_index("ix_conversations_found", "conversations", ["practice", "patient_index"])


def downgrade() -> None:
    op.drop_index("ix_conversations_found", table_name="conversations")
