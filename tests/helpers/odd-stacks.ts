import { mkdirSync, writeFileSync } from 'node:fs';
import type { ExtraEnvironment, Scratch } from './scratch.ts';

/** A project whose migrations are mounted, and whose image has nothing of it: its folder in the containers. */
export const SOURCE = '/srv/app';

const ENV_PY = `import os
from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

print("env.py was here (head)")
if not context.is_offline_mode():
    with create_engine(os.environ["DATABASE_URL"], poolclass=NullPool).connect() as connection:
        context.configure(connection=connection, version_table=os.environ.get("VERSIONS", "alembic_version"))
        with context.begin_transaction():
            context.run_migrations()
`;

/** Everything goes to standard output, and none of it is alembic's answer. */
const INI = `[alembic]
script_location = ${SOURCE}/migrations
[loggers]
keys = root,alembic
[handlers]
keys = console
[formatters]
keys = plain
[logger_root]
level = WARNING
handlers = console
[logger_alembic]
level = INFO
handlers = console
qualname = alembic
[handler_console]
class = StreamHandler
args = (sys.stdout,)
formatter = plain
[formatter_plain]
format = %(levelname)s %(message)s
`;

const MAKO = `"""\${message}"""
from alembic import op
revision = \${repr(up_revision)}
down_revision = \${repr(down_revision)}
branch_labels = \${repr(branch_labels)}
depends_on = \${repr(depends_on)}
def upgrade():
    pass
def downgrade():
    pass
`;

interface Revision {
  readonly after?: string | null;
  readonly needs?: string;
  /** Lines of the module, in front of everything. */
  readonly head?: string;
  readonly sql?: string;
}

export const revisionFile = (
  id: string,
  { after = null, needs, head = '', sql = '' }: Revision,
): string => `${head}
from alembic import op
revision = "${id}"
down_revision = ${after === null ? 'None' : `"${after}"`}
depends_on = ${needs === undefined ? 'None' : `"${needs}"`}
branch_labels = None
def upgrade():
    op.execute("""${sql === '' ? `CREATE TABLE of_${id} ()` : sql}""")
def downgrade():
    op.execute("DROP TABLE of_${id}")
`;

/** Writes the project beside the compose file of an environment. */
export function writeProject(
  scratch: Scratch,
  environment: string,
  revisions: Readonly<Record<string, Revision>>,
): string {
  const folder = scratch.path('docker', `source-${environment}`);
  mkdirSync(`${folder}/migrations/versions`, { recursive: true });
  writeFileSync(`${folder}/alembic.ini`, INI);
  writeFileSync(`${folder}/migrations/env.py`, ENV_PY);
  writeFileSync(`${folder}/migrations/script.py.mako`, MAKO);
  for (const [id, one] of Object.entries(revisions))
    writeFileSync(`${folder}/migrations/versions/${id}_one.py`, revisionFile(id, one));
  return folder;
}

/**
 * A stack that makes the database's address from its own names.
 *
 * @param services by name, over a database called `store`; each gets the image, variables and source of the application
 */
export function oddStack(
  environment: string,
  services: Readonly<Record<string, object>>,
  application: string,
): ExtraEnvironment {
  const common = {
    image: 'python:3.13',
    init: true,
    working_dir: SOURCE,
    environment: { DATABASE_URL: 'postgresql+psycopg2://app:simple@store/core' },
    volumes: [`./source-${environment}:${SOURCE}`],
  };
  return {
    entry: {
      databaseService: 'store',
      application: { service: application, alembicIni: `${SOURCE}/alembic.ini` },
      rolesScript: false,
    },
    compose: {
      services: {
        store: {
          image: 'postgres:17',
          command: ['postgres', '-c', 'fsync=off'],
          environment: {
            POSTGRES_USER: 'app',
            POSTGRES_PASSWORD: '${POSTGRES_PASSWORD}',
            POSTGRES_DB: 'core',
          },
          volumes: ['data:/var/lib/postgresql/data'],
        },
        ...Object.fromEntries(Object.entries(services).map(([name, one]) => [name, { ...common, ...one }])),
      },
      volumes: { data: {} },
    },
  };
}
