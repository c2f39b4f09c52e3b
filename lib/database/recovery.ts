import type { Client } from 'pg';
import { StandbyError } from '../errors.ts';
import { readRecovery, type Recovery } from '../stack/postgres/recovery.ts';

/** Why nothing can be changed on a standby, in one sentence. */
export const describeStandby = ({ primary }: Pick<Recovery, 'primary'>): string =>
  `the server is a standby: it takes no changes${primary === null ? '' : `; it follows ${primary}`}`;

/** The remedy for it. */
export const TO_THE_PRIMARY =
  'have the address lead to the primary (server.host in env/environments.ts), then type this again';

/** Refuses before a task changes something. @throws StandbyError */
export async function refuseStandby(client: Client): Promise<Recovery> {
  const recovery = await readRecovery(client);
  if (!recovery.isStandby) return recovery;
  throw new StandbyError(`refused; nothing was touched\n${describeStandby(recovery)}`, {
    hint: TO_THE_PRIMARY,
  });
}
