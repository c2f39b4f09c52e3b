/**
 * A command on a terminal of its own, and what a person types there once a text has appeared. Both streams of the
 * command come out as the standard output of this one, whose status is the command's.
 */
export function onTerminal(command: readonly string[], typed: string, after: string): string[] {
  return ['python3', '-c', PROGRAM, after, typed, ...command];
}

/** What keys send: https://en.wikipedia.org/wiki/ANSI_escape_code#C0_control_codes */
export const CTRL_C = '\x03';
export const CTRL_D = '\x04';

const PROGRAM = `
import os, pty, sys
after, typed, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
seen = b''
while True:
    try:
        text = os.read(terminal, 4096)
    except OSError:
        break
    if not text:
        break
    os.write(1, text)
    seen += text
    if typed and after.encode() in seen:
        os.write(terminal, typed.encode())
        typed = ''
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
