"""Merge the branches intake and targets.

Revision ID: 20250820_120000000
Revises: 20250805_101000000, 20250806_090000000
"""

revision = "20250820_120000000"
down_revision = ("20250805_101000000", "20250806_090000000")
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
