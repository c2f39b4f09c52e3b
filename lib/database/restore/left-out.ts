import { counted, grouped } from '../../output/display.ts';
import type { Terminal } from '../../output/terminal.ts';
import type { Right } from '../../dump/read/rights.ts';

/** A statement that was not run, or failed without a loss. */
export interface LeftOut {
  /** `line 12`, `POLICY mart.t other` */
  readonly place: string;
  readonly why: string;
  /** A statement that can run once its role exists. */
  readonly later?: string;
}

/** Lines on the screen; the journal has all of them. */
const SHOWN = 8;

/** What was left out: one line for each reason, with the places. */
export function describeLeftOut(leftOut: readonly LeftOut[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { place, why } of leftOut) byReason.set(why, [...(byReason.get(why) ?? []), place]);
  return [...byReason].map(([why, places]) => `${list(places)}: ${why}`);
}

/** Warns about what was left out. */
export function reportLeftOut(terminal: Terminal, leftOut: readonly LeftOut[]): void {
  if (leftOut.length === 0) return;
  const lines = describeLeftOut(leftOut);
  terminal.warn(
    [
      `${counted(leftOut.length, 'statement')} left out, none of which the data need:`,
      ...lines.slice(0, SHOWN).map((line) => `- ${line}`),
      ...(lines.length > SHOWN ? [`- and ${grouped(lines.length - SHOWN)} more (the journal has them)`] : []),
    ].join('\n'),
  );
}

/** Number of names in one line. */
const NAMES = 4;

function list(names: readonly string[]): string {
  const distinct = [...new Set(names)];
  const shown = distinct.slice(0, NAMES).join(', ');
  return distinct.length > NAMES ? `${shown}, and ${grouped(distinct.length - NAMES)} more` : shown;
}

/** Whether a statement revokes a default privilege of PUBLIC. */
const CLOSES = /^\s*(?:ALTER DEFAULT PRIVILEGES\b[^;]*\s)?REVOKE\b[^;]*\bFROM PUBLIC\b/im;

/**
 * The owners and privileges of a dump that are not restored in another environment, one line for each kind.
 *
 * @param user the role that owns everything then
 */
export function describeRights(rights: readonly Right[], user: string): string[] {
  const owners = new Map<string, number>();
  for (const { kind, owner } of rights)
    if (kind === 'owner' && owner !== undefined && owner !== user)
      owners.set(owner, (owners.get(owner) ?? 0) + 1);
  const of = (kind: Right['kind']): Right[] => rights.filter((right) => right.kind === kind);
  const closed = [...of('privileges'), ...of('default privileges')].filter(({ sql }) => CLOSES.test(sql));
  const line = (text: string, when: boolean): string[] => (when ? [text] : []);
  return [
    ...line(
      `owners ${list([...owners].map(([owner, count]) => `${owner} (${grouped(count)})`))}: all of it belongs to ${user}`,
      owners.size > 0,
    ),
    ...line(`privileges of ${list(of('privileges').map(({ place }) => place))}`, of('privileges').length > 0),
    ...line(
      `among them what is closed to PUBLIC there, and open to it here: ${list(closed.map(({ place }) => place))}`,
      closed.length > 0,
    ),
    ...line(
      `default privileges: ${list(of('default privileges').map(({ place }) => place))}`,
      of('default privileges').length > 0,
    ),
    ...line(
      `the database itself: ${list(of('database').map(({ place }) => place))}`,
      of('database').length > 0,
    ),
    ...line(
      `tablespaces of ${list(of('tablespace').map(({ place }) => place))}`,
      of('tablespace').length > 0,
    ),
  ];
}
