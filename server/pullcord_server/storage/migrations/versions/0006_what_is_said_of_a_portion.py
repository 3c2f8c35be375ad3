"""what is said of a portion: its note and what was promised"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

PORTION = sa.table("portion", sa.column("order"), sa.column("note"), sa.column("promised_at"))
ORDER = sa.table(
    "replenishment_order", sa.column("id"), sa.column("note"), sa.column("promised_at")
)


def upgrade() -> None:
    with op.batch_alter_table("portion", schema=None) as batch_op:
        batch_op.add_column(sa.Column("note", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("promised_at", sa.BigInteger(), nullable=True))
    said = sa.select(ORDER.c.id).where(ORDER.c.note.is_not(None) | ORDER.c.promised_at.is_not(None))
    of = ORDER.c.id == PORTION.c.order
    op.execute(
        PORTION.update()
        .where(PORTION.c.order.in_(said))
        .values(
            note=sa.select(ORDER.c.note).where(of).scalar_subquery(),
            promised_at=sa.select(ORDER.c.promised_at).where(of).scalar_subquery(),
        )
    )


def downgrade() -> None:
    with op.batch_alter_table("portion", schema=None) as batch_op:
        batch_op.drop_column("promised_at")
        batch_op.drop_column("note")
