import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { readTeamScript } from '../../../sql/team-script.ts';
import { FailedError } from '../../../errors.ts';
import type { Terminal } from '../../../output/terminal.ts';
import { SCRIPTER } from '../../postgres/programs.ts';
import { LIMIT_OPTIONS } from '../../postgres/settings.ts';
import type { ScriptError } from '../../../sql/run-statements.ts';
import { FIND_SERVER } from './find-server.ts';
import type { DatabaseSettings } from './login.ts';
import type { From } from './relay.ts';
import type { Engine } from '../engine/engine.ts';
import { runIn } from '../engine/exec.ts';

/**
 * Starting a process in the container takes long, so it starts early and waits. The first line of its input, the
 * password, lets psql start. The end of the input before that ends it.
 */
const WHEN_ALLOWED = `
  ${FIND_SERVER}
  IFS= read -r PGPASSWORD || exit
  export PGPASSWORD
  find_server "$1" "$2"
  exec psql -h "$host" -p "$port" "\${@:3}"
`;

/**
 * Runs a script to its end, with the psql of a container, and returns the statements that failed.
 *
 * @param allowed psql starts only after this promise is resolved; if it rejects, nothing of the script runs
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
    // English messages, because `scriptErrors` recognises the word ERROR.
    {
      input: Readable.from(once(held)),
      env: { PGOPTIONS: `-c lc_messages=C ${LIMIT_OPTIONS}`, LC_ALL: 'C.UTF-8', PGAPPNAME: SCRIPTER },
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
 * The errors that psql reported: `psql:<stdin>:12: ERROR:  …`, each with the lines that follow it. The status does not
 * tell: without ON_ERROR_STOP, psql exits with 0.
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
    // `error` in lower case comes from psql itself: an unknown backslash command.
    current = /^(ERROR|FATAL|PANIC|error)$/.test(severity) ? { message: message! } : undefined;
    if (current) errors.push(Object.assign(current, { line: Number(line) }));
  }
  return errors;
}
