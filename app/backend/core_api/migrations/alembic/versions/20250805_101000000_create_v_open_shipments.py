"""Create the view stg.v_open_shipments (branch: intake).

Revision ID: 20250805_101000000
Revises: 20250801_093000000
"""

from alembic import op

revision = "20250805_101000000"
down_revision = "20250801_093000000"
branch_labels = None
depends_on = None


def upgrade():
    op.execute(
        """
        CREATE VIEW stg.v_open_shipments AS
        SELECT s.shipment_id, s.slip_no, s.supplier_cd, s.item_cd, s.status, last.event_at AS last_event_at
        FROM stg.shipments s
        LEFT JOIN LATERAL (
            SELECT e.event_at
            FROM stg.receive_events e
            WHERE e.shipment_id = s.shipment_id
            ORDER BY e.event_at DESC
            LIMIT 1
        ) last ON true
        WHERE s.status IN ('planned', 'in transit')
        """
    )


def downgrade():
    op.execute("DROP VIEW stg.v_open_shipments")
