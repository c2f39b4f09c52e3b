// Removes what tests have started, once the process that ran them is gone: after Ctrl-C, kill -9 or a crash nobody else does.
// Gets a line on its standard input for each scratch folder, and one when a test has removed it itself.

const { execFileSync } = require('node:child_process');
const { readFileSync, readdirSync, readlinkSync, rmSync } = require('node:fs');
const { createInterface } = require('node:readline');

/** @type {Map<string, string | null>} The folder, and the prefix of names that the engine knows; null without an engine. */
const left = new Map();

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { folder, prefix, removed } = JSON.parse(line);
    if (removed) left.delete(folder);
    else left.set(folder, prefix);
  })
  .once('close', () => {
    for (const [folder, prefix] of left) {
      endProcessesOf(folder);
      if (prefix !== null) removeFromEngine(prefix);
      // A container's files may have belonged to it until now; a server may have been started a moment ago.
      endProcessesOf(folder);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });

/** Ends what works in a folder, or has it among its arguments. Its name is random, so nobody else's process has it. */
function endProcessesOf(folder) {
  for (let round = 0; round < 50; round++) {
    const found = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && works(pid, folder));
    if (found.length === 0) return;
    for (const pid of found) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
  }
}

function works(pid, folder) {
  try {
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)) return true;
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
  } catch {
    return false;
  }
}

function removeFromEngine(prefix) {
  const docker = (...words) => {
    try {
      return execFileSync('docker', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    } catch {
      // There is no engine, or somebody else has removed it.
      return '';
    }
  };
  for (const [list, remove] of [
    [
      ['ps', '--all'],
      ['rm', '--force', '--volumes'],
    ],
    [
      ['volume', 'ls'],
      ['volume', 'rm'],
    ],
    [
      ['network', 'ls'],
      ['network', 'rm'],
    ],
  ]) {
    const found = docker(...list, '--quiet', '--filter', `name=${prefix}`)
      .split('\n')
      .filter(Boolean);
    if (found.length > 0) docker(...remove, ...found);
  }
}
