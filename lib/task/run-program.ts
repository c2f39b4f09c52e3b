import { CancelledError, FailedError, MakesafeError, asKnown, messageOf } from '../errors.ts';
import { BlockedError } from '../guard/person/blocked.ts';
import { unconfirmed } from '../stack/postgres/confirmation.ts';
import { sayOn } from '../output/waiting.ts';
import { cancelOnSignals } from '../system/signals.ts';
import { cutAll } from '../system/cancelling.ts';
import { tidyUp } from '../system/tidying.ts';
import { Terminal } from '../output/terminal.ts';
import { wasLeft, wouldBeLeft } from '../system/unfinished.ts';

/** Runs work as a program: reports errors, handles signals and sets the exit code. */
export async function runProgram(
  work: (terminal: Terminal, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const terminal = new Terminal();
  sayOn(terminal);
  const controller = new AbortController();
  // If only a promise is left that never settles, Node exits with status 0 and without a message.
  const lost = (): void => {
    terminal.error('ended without a result; what was being done may be half done');
    process.exitCode = 1;
  };
  process.once('beforeExit', lost);
  const fail = (thrown: unknown): void => {
    const error = asKnown(thrown);
    report(error, terminal);
    process.exitCode = error instanceof MakesafeError ? error.status : 1;
  };
  outliveReaders(fail);
  const forget = cancelOnSignals(controller, terminal, (reason) => {
    fail(reason);
    leave();
  });
  // Errors outside of any awaited promise have to pass the redactor, too.
  process.once('uncaughtException', (error) => {
    fail(error);
    leave();
  });
  try {
    await work(terminal, controller.signal);
    // A child process may end well although it was cancelled. The person wanted to stop, so the task is cancelled.
    controller.signal.throwIfAborted();
  } catch (thrown) {
    // After Ctrl-C, any error is a consequence of it. The action may have said more about the state.
    const cancelled = controller.signal.aborted && !(thrown instanceof CancelledError);
    fail(cancelled ? controller.signal.reason : thrown);
  }
  process.off('beforeExit', lost);
  await tidyUp();
  forget();
  // The work is done: exit even if a connection or a child process still keeps the event loop alive.
  setTimeout(leave, controller.signal.aborted ? LINGER / 5 : LINGER).unref();
}

/** Milliseconds that connections and child processes get to close by themselves after the work. */
const LINGER = 500;

function leave(): void {
  cutAll(new CancelledError('the task has ended'));
  process.exit();
}

/** If the reader of our output has gone (`… | head`), the work continues. Any other output error is reported once. */
function outliveReaders(fail: (error: unknown) => void): void {
  let failed = false;
  const lost = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE' || failed) return;
    failed = true;
    fail(new FailedError(`the output cannot be written: ${messageOf(error)}`, { cause: error }));
  };
  for (const stream of [process.stdout, process.stderr]) stream.on('error', lost);
}

function report(error: unknown, terminal: Terminal): void {
  if (error instanceof BlockedError) terminal.banner(error.message);
  else terminal.error((messageOf(error) + leftBehind(error)).replaceAll('\n', '\n        '));
  if (error instanceof MakesafeError) error.hint?.split('\n').forEach(terminal.next);
  const unexpected = !(error instanceof MakesafeError) && !isOfServer(error);
  if (isOfServer(error)) terminal.info(`the server said so (SQLSTATE ${error.code}); DEBUG=1 shows to what`);
  if (process.env['DEBUG'] === '1' || unexpected) printStack(error, terminal, unexpected);
}

/** Whether PostgreSQL sent this error: then it is an answer of the server, and not a fault of makesafe. */
const isOfServer = (error: unknown): error is Error & { code: string } => {
  const { code, severity } = (error ?? {}) as { code?: unknown; severity?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && typeof severity === 'string';
};

/** What a cancelled task has left behind, if its own message does not say it. */
function leftBehind(error: unknown): string {
  if (!(error instanceof CancelledError) || error.message !== 'cancelled') return '';
  const left = new Set([...wouldBeLeft(), wasLeft()].filter((one) => one !== undefined));
  const open = unconfirmed();
  return (
    (left.size === 0 ? '' : `; left behind: ${[...left].join('; ')}`) + (open ? `\n${open.message}` : '')
  );
}

function printStack(error: unknown, terminal: Terminal, unexpected: boolean): void {
  if (process.env['DEBUG'] !== '1') {
    if (unexpected) terminal.info('this is a fault of makesafe itself; DEBUG=1 shows where it happened');
    return;
  }
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    terminal.line(cause.stack ?? cause.message);
}
