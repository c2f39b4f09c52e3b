import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { readTeamScript } from '../../../sql/team-script.ts';
import { FailedError } from '../../../errors.ts';
import type { Terminal } from '../../../output/terminal.ts';
import { LIMIT_OPTIONS } from '../../postgres/settings.ts';
import type { ScriptError } from '../../../sql/run-statements.ts';
import { FIND_SERVER } from './find-server.ts';
import type { DatabaseSettings } from './login.ts';
import type { From } from './relay.ts';
import type { Engine } from '../engine/engine.ts';
import { runIn } from '../engine/exec.ts';

/**
 * What takes long is a process in the container: it is there when psql may begin. The first line of its input, the
 * password, says so; its end says no.
 */
const WHEN_ALLOWED = `
  ${FIND_SERVER}
  IFS= read -r PGPASSWORD || exit
  export PGPASSWORD
  find_server "$1" "$2"
  exec psql -h "$host" -p "$port" "\${@:3}"
`;

/**
 * Runs a script by the psql of a container, to its end, and tells which statements failed.
 *
 * @param allowed psql is started once this is kept
 */
export async function runPsql(
  engine: Engine,
  container: string,
  { user, name, password, port, from }: DatabaseSettings & { readonly from: From },
  file: string,
  terminal: Terminal,
  allowed: Promise<unknown> = Promise.resolve(),
): Promise<ScriptError[]> {
  const script = readTeamScript(file);
  const held = allowed.then(
    () => [`${password}\n${script}`],
    () => [],
  );
  const psql = ['-X', '-q', '-U', user, '-d', name, '-v', 'ON_ERROR_STOP=0', '-f', '-'];
  const { status, stdout, stderr } = await runIn(
    engine,
    container,
    ['bash', '-c', WHEN_ALLOWED, 'bash', from, String(port ?? ''), ...psql],
    // Errors in English, because they are recognised by their word.
    {
      input: Readable.from(once(held)),
      env: { PGOPTIONS: `-c lc_messages=C ${LIMIT_OPTIONS}`, LC_ALL: 'C.UTF-8' },
    },
  );
  await allowed;
  if (stdout.trim() !== '') terminal.line(stdout.trimEnd());
  const errors = scriptErrors(stderr);
  if (status !== 0 && errors.length === 0) {
    throw new FailedError(`psql failed on ${basename(file)} (status ${status}): ${stderr.trim()}`);
  }
  return errors;
}

async function* once(texts: Promise<string[]>): AsyncGenerator<string> {
  yield* await texts;
}

/**
 * The errors that psql reported: `psql:<stdin>:12: ERROR:  …`, each with the lines that follow it. They are counted
 * from the messages because a script may switch ON_ERROR_STOP off, and psql then ends with status 0.
 */
export function scriptErrors(stderr: string): ScriptError[] {
  const errors: { line: number; message: string }[] = [];
  let current: { message: string } | undefined;
  for (const text of stderr.split('\n')) {
    const [, line, severity, message] = text.match(/^psql:.+?:(\d+): (\w+): +(.*)$/) ?? [];
    if (severity === undefined) {
      if (current && text !== '') current.message += `\n${text}`;
      continue;
    }
    // Lower case is psql's own: an unknown backslash command.
    current = /^(ERROR|FATAL|PANIC|error)$/.test(severity) ? { message: message! } : undefined;
    if (current) errors.push(Object.assign(current, { line: Number(line) }));
  }
  return errors;
}
