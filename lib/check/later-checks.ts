import { join } from 'node:path';
import { quoteName } from '../sql/quote.ts';
import { findObstacles } from '../database/replace/obstacles.ts';
import { messageOf } from '../errors.ts';
import { checkJournal } from '../guard/record/journal-file.ts';
import { journalFile } from '../guard/record/entries.ts';
import { passed, failed, some, warning, type Check } from '../output/check-result.ts';
import { lookAtFolder } from '../system/destination.ts';
import type { StackRun } from '../run/run.ts';

/** Problems that al-up-env, backup and resets report by themselves; `check` reports them earlier. */

interface Writing {
  readonly standby: boolean;
  readonly readOnly: boolean;
  /** https://www.postgresql.org/docs/current/view-pg-settings.html */
  readonly source: string;
}

/** Whether migrations may write: they use the database's own settings, unlike makesafe's other connections. */
export const writable: Check<StackRun> = {
  name: 'writable',
  async look({ stack }) {
    const { name, user } = stack.database;
    const { standby, readOnly, source } = await stack.withClient(
      name,
      async (client) => {
        const { rows } = await client.query<Writing>(
          `SELECT pg_is_in_recovery() AS standby, setting = 'on' AS "readOnly", source
           FROM pg_catalog.pg_settings WHERE name = 'default_transaction_read_only'`,
        );
        return rows[0]!;
      },
      { settings: 'database' },
    );
    if (standby)
      return failed(
        'the server is a standby, which takes no writes',
        'let the entry in env/environments.ts lead to its primary',
      );
    if (!readOnly) return passed('migrations may write');
    const [whose, end] = {
      database: [`ALTER DATABASE ${quoteName(name)}`, ''],
      user: [`ALTER ROLE ${quoteName(user)}`, ''],
      'database user': [`ALTER ROLE ${quoteName(user)} IN DATABASE ${quoteName(name)}`, ''],
    }[source] ?? ['ALTER SYSTEM', '; SELECT pg_reload_conf()'];
    return failed(
      `default_transaction_read_only is on (${source}): migrations cannot write`,
      `set it back on the server: ${whose} RESET default_transaction_read_only${end}`,
    );
  },
};

/** Whether a reset or a restore can replace the database. */
export const replaceable: Check<StackRun> = {
  name: 'replaceable',
  async look(run) {
    const found = await findObstacles(run);
    if (found.length === 0) return passed('nothing keeps a reset or restore from it');
    return warning(
      some(
        found.map(({ obstacle }) => obstacle),
        4,
      ),
      `before a reset or restore: ${found.map(({ remedy }) => remedy).join('; ')}`,
    );
  },
};

/** Whether the journal and the default folder of backups can be written. */
export const folders: Check<StackRun> = {
  name: 'folders',
  look: ({ root, environment }) => {
    checkJournal(journalFile(root, environment.name));
    try {
      lookAtFolder(join(root, 'backups'), 'BACKUP_DIR', 'backups', root);
    } catch (error) {
      return Promise.resolve(failed(messageOf(error), 'put that right, or type BACKUP_DIR=<another folder>'));
    }
    return Promise.resolve(passed('backups and the journal can be written'));
  },
};
