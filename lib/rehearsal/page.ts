import { HAZARDS } from '../migrations/allow.ts';
import type { Hazard } from '../migrations/hazards.ts';
import type { Receipt } from '../migrations/receipt.ts';
import { counted } from '../output/display.ts';
import { printable } from '../output/printable.ts';
import { htmlPage, timeElement } from '../schema/report/html-page.ts';
import { markup, type Markup } from '../schema/report/markup.ts';
import type { WatchedStatement } from '../stack/alembic/watch.ts';
import { placeOfHazard, REVISION_COLUMNS, revisionRows, statementCells, unknowns } from './screen.ts';

/** A receipt as one page: the hazards, what each revision did, and each statement. */
export function renderReceiptPage(receipt: Receipt): string {
  const { environment, on, time, hazards, revisions, migrated, statements } = receipt;
  const found = hazards.length === 0 ? 'no hazards' : counted(hazards.length, 'hazard');
  const said = `${environment}: ${counted(revisions.length, 'revision')} ${migrated ? 'migrated' : 'tried'} on a copy, with ${found}`;
  const well = migrated && hazards.length === 0;
  const sign = well ? '✓' : migrated ? '!' : '✗';
  const backup = receipt.backup === null ? 'the schema alone, without rows' : receipt.backup.file;
  return htmlPage({
    title: `${sign} ${printable(said)}`,
    main: markup`<header class="verdict ${well ? 'same' : migrated ? 'incomplete' : 'different'}">
<p class="over">Rehearsal · ${timeElement(new Date(time))}</p>
<h1><span class="badge" aria-hidden="true">${sign}</span> ${printable(said)}</h1>
<dl class="sides">
<div><dt>copy</dt><dd><b>${printable(backup)}</b><small>${printable(`on ${on}, PostgreSQL ${receipt.serverVersion}`)}</small></dd></div>
<div><dt>${receipt.way === 'up' ? 'upgrade' : 'downgrade'}</dt><dd><b>${printable(revisionsOf(receipt.from))} → ${printable(revisionsOf(receipt.to))}</b><small>${printable(receipt.by ?? '')}</small></dd></div>
</dl>
</header>
${notKnown(receipt)}
<div class="overview">
${HAZARDS.map((kind) =>
  hazardsOfKind(
    kind,
    hazards.filter((hazard) => hazard.kind === kind),
  ),
)}</div>
${tableOf('Revisions', REVISION_COLUMNS, revisionRows(receipt))}
${tableOf('Statements', ['revision', 'number', 'statement', 'time', 'rows', 'WAL', 'did'], statements.map(statementRow))}`,
    footer: 'Made by makesafe. JSON=1 has all of the receipt.',
  });
}

const revisionsOf = (all: readonly string[]): string => all.join(', ') || 'no revision';

function notKnown(receipt: Receipt): Markup[] {
  const texts = [...unknowns(receipt), ...receipt.without.map((part) => `the copy is without ${part}`)];
  if (texts.length === 0) return [];
  const items = texts.map((text) => markup`<li>${printable(text)}</li>\n`);
  return [markup`<section class="notes unread"><h2>What is not known</h2>\n<ul>\n${items}</ul></section>\n`];
}

/** Loses data, or keeps others away: red. */
const WORST = /^(deletes-data|blocks-reads)$/;

function hazardsOfKind(kind: Hazard['kind'], hazards: readonly Hazard[]): Markup[] {
  if (hazards.length === 0) return [];
  const items = hazards.map(
    (hazard) => markup`<li>${printable(placeOfHazard(hazard))}: ${printable(hazard.reason)}</li>\n`,
  );
  return [
    markup`<section class="concern ${WORST.test(kind) ? 'access' : 'definition'}">
<h2>${kind} <span>${hazards.length}</span></h2>
<ul>
${items}</ul>
</section>
`,
  ];
}

const statementRow = (one: WatchedStatement): string[] => [
  ...[one.revision ?? '-', String(one.number), one.verb ?? '-', ...statementCells(one)],
  [
    ...one.dropped.map(
      ({ relation, column }) => `drops ${column === null ? '' : `${column} of `}${relation}`,
    ),
    ...one.retyped.map(({ relation, column, to }) => `makes ${column} of ${relation} ${to}`),
    ...one.rewritten.map(({ relation }) => `rewrites ${relation}`),
    ...one.locks.map(({ relation, mode }) => `${mode} of ${relation}`),
    ...(one.failed === undefined ? [] : [`failed: ${one.failed}`]),
  ].join('; ') || '-',
];

function tableOf(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): Markup {
  const cell = (text: string): Markup => markup`<td>${printable(text)}</td>`;
  return markup`<details class="counts words" open>
<summary><h2>${title}</h2></summary>
<table>
<thead><tr>${columns.map((column) => markup`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => markup`<tr>${row.map(cell)}</tr>\n`)}</tbody>
</table>
</details>`;
}
