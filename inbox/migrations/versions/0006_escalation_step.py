"""The step of the escalation that a notice belongs to, in a column of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROWS = sa.table(
    "notifications",
    sa.column("id", sa.Integer),
    sa.column("reason", sa.String),
    sa.column("team", sa.String),
    sa.column("escalation_step", sa.Integer),
)
UNIQUE = "uq_notifications_message_id_reason_team_target"
UNIQUE_WITH_STEP = "uq_notifications_message_id_reason_escalation_step_team_target"


def upgrade() -> None:
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("escalation_step", sa.Integer(), server_default="0", nullable=False))
        batch_op.drop_constraint(UNIQUE, type_="unique")
        batch_op.create_unique_constraint(
            UNIQUE_WITH_STEP, ["message_id", "reason", "escalation_step", "team", "target"]
        )
    connection = op.get_bind()
    steps = sa.select(ROWS.c.id, ROWS.c.reason, ROWS.c.team).where(
        ROWS.c.reason.startswith("escalation\\_", escape="\\")
    )
    for row_id, reason, team in connection.execute(steps).all():
        connection.execute(
            sa.update(ROWS)
            .where(ROWS.c.id == row_id)
            .values(
                reason="escalation",
                escalation_step=int(reason.removeprefix("escalation_")),
                team="on_call" if team.startswith("contact_") else team,
            )
        )


def downgrade() -> None:
    connection = op.get_bind()
    for row_id, step in connection.execute(
        sa.select(ROWS.c.id, ROWS.c.escalation_step).where(ROWS.c.escalation_step > 0)
    ).all():
        connection.execute(sa.update(ROWS).where(ROWS.c.id == row_id).values(reason=f"escalation_{step}"))
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.drop_constraint(UNIQUE_WITH_STEP, type_="unique")
        batch_op.drop_column("escalation_step")
        batch_op.create_unique_constraint(UNIQUE, ["message_id", "reason", "team", "target"])
