revision = "0003"
down_revision = "0002"

print("loaded the view definitions")


def upgrade():
    print("0009 (head)")


def downgrade():
    pass
