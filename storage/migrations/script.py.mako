"""${message}"""

import sqlalchemy as sa
from alembic import op
from storage.models import UtcTime

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
