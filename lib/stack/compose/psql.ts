import type { ScriptError } from '../stack.ts';

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
