"""Create stg.receive_events, partitioned by month of the event (branch: intake).

Revision ID: 20250801_093000000
Revises: 20250620_160000000
"""

from alembic import op

revision = "20250801_093000000"
down_revision = "20250620_160000000"
branch_labels = None
depends_on = None


PARTITIONS = (("2025_08", "2025-08-01", "2025-09-01"), ("2025_09", "2025-09-01", "2025-10-01"))


def upgrade():
    op.execute(
        """
        CREATE TABLE stg.receive_events (
            event_id    uuid NOT NULL DEFAULT gen_random_uuid(),
            event_at    timestamptz NOT NULL,
            shipment_id bigint REFERENCES stg.shipments ON DELETE SET NULL,
            kind        text NOT NULL CHECK (kind IN ('arrived', 'weighed', 'left')),
            gross_kg    numeric(12, 3),
            PRIMARY KEY (event_id, event_at)
        ) PARTITION BY RANGE (event_at)
        """
    )
    for name, start, end in PARTITIONS:
        # With the offset: bounds must not depend on the time zone of the session that migrates.
        op.execute(
            f"CREATE TABLE stg.receive_events_{name} PARTITION OF stg.receive_events "
            f"FOR VALUES FROM ('{start} 00:00:00+09') TO ('{end} 00:00:00+09')"
        )
    op.execute("CREATE TABLE stg.receive_events_default PARTITION OF stg.receive_events DEFAULT")
    op.execute("CREATE INDEX receive_events_shipment_id_idx ON stg.receive_events (shipment_id, event_at)")


def downgrade():
    op.execute("DROP TABLE stg.receive_events")
