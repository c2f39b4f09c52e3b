import type { Comparison, Difference } from '../compare/comparison.ts';
import { compareLines, type Line, type Row } from './lines.ts';
import { markup, type Markup } from './markup.ts';
import { printable } from '../../output/printable.ts';
import { grouped } from '../../output/display.ts';
import { gapSentence, isList, objectName } from './wording.ts';

/** Rows that all tables of a page may have together, because of the limits of browsers and printers. */
const MOST_ROWS = 50_000;

/** Counts down the rows that the tables of a page may have. */
export class RowBudget {
  #left = MOST_ROWS;

  get spent(): boolean {
    return this.#left <= 0;
  }

  take(rows: number): void {
    this.#left -= rows;
  }
}

type Side = 'base' | 'compared';
const SIDES: readonly Side[] = ['base', 'compared'];

/** Both definitions side by side, or the only one; nothing for a difference without definitions. */
export function definitionTable(difference: Difference, comparison: Comparison, budget: RowBudget): Markup[] {
  if (difference.base === difference.compared) return [];
  if (budget.spent) {
    const reason = `the definition is left out: this page has ${grouped(MOST_ROWS)} lines; JSON=1 has all of it`;
    return [markup`<p class="absent">${reason}</p>`];
  }
  const rows = compareLines(difference.base, difference.compared, isList(difference));
  budget.take(rows.length);
  const sides = SIDES.filter((side) => difference[side] !== undefined);
  const labels = sides.map((side) => printable(comparison[side].label));
  return [
    markup`<table class="sql">
<caption>Definition of ${objectName(difference)}</caption>
<colgroup>${sides.map(() => markup`<col class="number"><col>`)}</colgroup>
<thead><tr>${labels.map((label) => markup`<th colspan="2" scope="col">${label}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => tableRow(row, sides))}</tbody>
</table>`,
  ];
}

function tableRow(row: Row, sides: readonly Side[]): Markup {
  if ('count' in row) {
    return markup`<tr class="gap"><td colspan="${sides.length * 2}">${gapSentence(row)}</td></tr>\n`;
  }
  const changed = row.kind !== 'same';
  return markup`<tr class="${row.kind}">${sides.map((side) => cells(row[side], side, changed))}</tr>\n`;
}

function cells(line: Line | undefined, side: Side, changed: boolean): Markup {
  if (!line) return markup`<td class="number none"></td><td class="${side} none"></td>`;
  const look = changed ? (side === 'base' ? 'gone' : 'come') : '';
  // A sign in addition to the colour, which some people and printers do not show.
  const sign = changed ? (side === 'base' ? '−' : '+') : '';
  const pieces = line.pieces.map(({ text, marked }) => {
    if (!marked) return text;
    return side === 'base' ? markup`<del>${text}</del>` : markup`<ins>${text}</ins>`;
  });
  return markup`<td class="number ${look}">${line.number}</td><td class="${side} ${look}"><span class="sign">${sign}</span>${pieces}</td>`;
}
