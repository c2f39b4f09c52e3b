import { resolve } from 'node:path';
import { nodesOf, portOf, tlsOf } from '../../environment/server-entry.ts';
import type { Environment } from '../../environment/resolve.ts';
import { ConfigurationError, messageOf } from '../../errors.ts';
import type { Terminal } from '../../output/terminal.ts';
import { readText } from '../../system/read-bounded.ts';
import type { Server } from './connection.ts';

/** The servers of an entry, with how each has to prove that it is the one. */
export function serversOf({ root, entry }: Environment): Server[] {
  const stated = entry.server!;
  const { caFile } = stated;
  const ca = authorities(root, caFile);
  return nodesOf(stated).map(({ host, port }) => ({
    ...{ host, tls: tlsOf(stated), ca },
    ...(port === undefined ? {} : { port }),
    ...(caFile === undefined ? {} : { caFile }),
  }));
}

function authorities(root: string, file: string | undefined): Buffer | undefined {
  if (file === undefined) return undefined;
  try {
    return Buffer.from(readText(resolve(root, file), { as: file }));
  } catch (error) {
    throw new ConfigurationError(`server.caFile ${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Prints the servers as a table. @param states what each one is */
export function listServers(
  terminal: Terminal,
  servers: readonly Server[],
  tls: string,
  states: readonly string[],
): void {
  const rows = servers.map((one, index) => ['db', one.host, String(portOf(one)), tls, states[index]!]);
  const table = [['SERVICE', 'HOST', 'PORT', 'TLS', 'STATE'], ...rows];
  const widths = table[0]!.map((_cell, column) => Math.max(...table.map((cells) => cells[column]!.length)));
  for (const cells of table)
    terminal.result(
      cells
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
}
