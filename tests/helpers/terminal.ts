/**
 * A command on a terminal of its own, and what a person types there, each once a text has appeared behind the last
 * answer. Both streams of the command come out as the standard output of this one, whose status is the command's.
 *
 * @param exchange what is typed, and after which text; and so on
 */
export function onTerminal(command: readonly string[], ...exchange: readonly string[]): string[] {
  return ['python3', '-c', PROGRAM, String(exchange.length), ...exchange, ...command];
}

/** What keys send: https://en.wikipedia.org/wiki/ANSI_escape_code#C0_control_codes */
export const CTRL_C = '\x03';
export const CTRL_D = '\x04';

const PROGRAM = `
import os, pty, sys
count = int(sys.argv[1])
exchange, command = sys.argv[2:2 + count], sys.argv[2 + count:]
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
    if exchange and exchange[1].encode() in seen:
        os.write(terminal, exchange[0].encode())
        seen, exchange = b'', exchange[2:]
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
