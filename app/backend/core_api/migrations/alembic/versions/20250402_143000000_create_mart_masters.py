"""Create the masters mart.suppliers and mart.items.

Revision ID: 20250402_143000000
Revises: 20250402_101500000
"""

import sqlalchemy as sa
from alembic import op

revision = "20250402_143000000"
down_revision = "20250402_101500000"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "suppliers",
        sa.Column("supplier_cd", sa.String(16), primary_key=True),
        sa.Column("supplier_name", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        schema="mart",
    )
    op.create_table(
        "items",
        sa.Column("item_cd", sa.String(16), primary_key=True),
        sa.Column("item_name", sa.Text, nullable=False),
        sa.Column("unit", sa.String(8), nullable=False, server_default="kg"),
        sa.CheckConstraint("unit IN ('kg', 't', 'm3')", name="items_unit_check"),
        schema="mart",
    )
    op.create_index(
        "suppliers_supplier_name_key", "suppliers", [sa.text("lower(supplier_name)")], unique=True, schema="mart"
    )


def downgrade():
    op.drop_table("items", schema="mart")
    op.drop_table("suppliers", schema="mart")
