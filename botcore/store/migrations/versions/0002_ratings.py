"""What people think of answers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "rating",
        sa.Column("id", KEY, nullable=False),
        sa.Column("inbox_id", KEY, nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name="fk_rating_inbox_id_inbox", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_rating_user_id_user_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_rating"),
        sa.UniqueConstraint("inbox_id", "user_id", name="uq_rating_inbox_id_user_id"),
    )
    op.create_index("ix_rating_user_id", "rating", ["user_id"])


def downgrade() -> None:
    """Drop the table with all ratings."""
    op.drop_table("rating")
