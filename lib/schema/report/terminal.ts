import stringWidth from 'fast-string-width';
import type { Terminal } from '../../output/terminal.ts';
import type { Comparison, Difference, KindCount } from '../compare/comparison.ts';
import { CONCERN_TITLES } from './concern.ts';
import { compareLines, type Line } from './lines.ts';
import { overviewOf, type OverviewPart } from './overview.ts';
import { printable } from '../../output/printable.ts';
import { counted, grouped } from '../../output/display.ts';
import {
  byKind,
  changeLines,
  COUNTED,
  gapSentence,
  isList,
  objectName,
  remarks,
  SIGN,
  sideDetails,
  total,
  verdictSentence,
} from './wording.ts';

interface TerminalOptions {
  /** True to show each changed definition, line by line. */
  readonly verbose: boolean;
  readonly style: Terminal['style'];
}

const COLOUR = { same: 'green', different: 'red', incomplete: 'yellow' } as const;

/**
 * Renders the comparison for a terminal: verdict, most important changes, counts by kind, what was left out; with
 * `verbose`, also each difference.
 */
export function renderTerminal(comparison: Comparison, options: TerminalOptions): string {
  const { verdict, incomplete, differences } = comparison;
  const { style, verbose } = options;
  const paragraphs = [
    [
      style(['bold', COLOUR[verdict]], `${SIGN[verdict]} ${verdictSentence(comparison)}`),
      ...incomplete.map((reason) => `  ${style('yellow', '?')} ${printable(reason)}`),
    ],
    sides(comparison),
    ...overviewOf(comparison).map((part) => summary(part, style)),
    counts(comparison.objects, style, verbose || differences.length === 0),
    remarks(comparison).map((remark) => style('yellow', remark)),
    ...(verbose ? byKind(differences).map((those) => listed(those, comparison, options)) : []),
  ];
  return paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

/** Pads to a display width, where a Japanese character takes two columns. */
const pad = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - stringWidth(text)));

function sides({ base, compared }: Comparison): string[] {
  const labels = [base, compared].map(({ label }) => printable(label));
  const width = Math.max(...labels.map((label) => stringWidth(label)));
  return [base, compared].map(
    (side, at) =>
      `${at === 0 ? 'base    ' : 'compared'}  ${pad(labels[at]!, width)}  ${sideDetails(side).join(', ')}`,
  );
}

/** `data could be read or written by somebody else: 7 changes`, and the first of these changes. */
function summary({ concern, lines, count: number }: OverviewPart, style: Terminal['style']): string[] {
  const title = style(['bold', TONE[concern]], `${CONCERN_TITLES[concern]}: ${counted(number, 'change')}`);
  const shown = lines.map(({ difference, text }) => {
    const [sign, colour] = signOf(difference);
    const name = style('bold', `${objectName(difference)}:`);
    // The kind of object, if the change does not mention it.
    const isSaid = difference.schema !== '' && !difference.class.startsWith('only in');
    const kind = isSaid ? '' : ` ${style('dim', `(${printable(difference.kind)})`)}`;
    return `  ${style(colour, sign)} ${name} ${style(colour, text)}${kind}`;
  });
  const left = number - lines.length;
  return [title, ...shown, ...(left > 0 ? [style('dim', `  … and ${grouped(left)} more`)] : [])];
}

const TONE = { access: 'red', integrity: 'red', definition: 'yellow', storage: 'dim' } as const;

/** @param all false to show only kinds that have differences */
function counts(objects: readonly KindCount[], style: Terminal['style'], all: boolean): string[] {
  const shown = objects.filter(({ different, ignored }) => all || different + ignored > 0);
  const rows = [...shown, { kind: 'total', ...total(objects) }];
  const width = Math.max(...rows.map(({ kind }) => stringWidth(kind)));
  const cell = (key: (typeof COUNTED)[number], number: number): string => {
    const text = grouped(number).padStart(key.length);
    if (number === 0) return style('dim', text);
    return key === 'different' ? style('red', text) : text;
  };
  return [
    style('dim', [pad('kind', width), ...COUNTED].join('  ')),
    ...rows.map((row) =>
      [pad(printable(row.kind), width), ...COUNTED.map((key) => cell(key, row[key]))].join('  '),
    ),
  ];
}

function listed(
  differences: readonly Difference[],
  comparison: Comparison,
  options: TerminalOptions,
): string[] {
  const { style, verbose } = options;
  const objects = new Set(differences.map(objectName)).size;
  const heading = style(
    'bold',
    `${printable(differences[0]!.kind)}: ${counted(objects, 'object')} different`,
  );
  return [
    heading,
    ...differences.flatMap((difference) => [
      ...sentences(difference, comparison, style),
      ...(verbose ? definition(difference, style) : []),
    ]),
  ];
}

/** `  ~ mart.receive_daily: column net_weight numeric(10,2) → numeric(12,2)`, further changes below the first. */
function sentences(difference: Difference, comparison: Comparison, style: Terminal['style']): string[] {
  const name = objectName(difference);
  const [sign, colour] = signOf(difference);
  return changeLines(difference, comparison).map((change, at) => {
    const begin =
      at === 0 ? `${style(colour, sign)} ${style('bold', `${name}:`)}` : pad('', stringWidth(name) + 3);
    return `  ${begin} ${style(colour, change)}`;
  });
}

function signOf({ class: kind }: Difference): [string, 'red' | 'green' | 'yellow'] {
  if (kind === 'only in base') return ['-', 'red'];
  if (kind === 'only in compared') return ['+', 'green'];
  return ['~', 'yellow'];
}

function definition(difference: Difference, style: Terminal['style']): string[] {
  const lines: string[] = [];
  // As in `diff -u`: all removed lines of a place before its added lines.
  const added: string[] = [];
  const flush = (): void => void lines.push(...added.splice(0));
  for (const row of compareLines(difference.base, difference.compared, isList(difference))) {
    if (row.kind === 'same' || 'count' in row) flush();
    if ('count' in row) lines.push(style('dim', `  ⋯ ${gapSentence(row)}`));
    else if (row.kind === 'same') lines.push(`  ${textOf(row.base)}`);
    else {
      if (row.base) lines.push(style('red', `- ${textOf(row.base)}`));
      if (row.compared) added.push(style('green', `+ ${textOf(row.compared)}`));
    }
  }
  flush();
  return lines.map((line) => `      ${line}`);
}

const textOf = ({ pieces }: Line): string => pieces.map(({ text }) => text).join('');
