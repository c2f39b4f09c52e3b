import type { Comparison, KindCount } from '../compare/comparison.ts';
import { differenceCards, filterForm } from './html-differences.ts';
import { overview } from './html-overview.ts';
import { htmlPage, pageScript, timeElement } from './html-page.ts';
import { markup, type Markup } from './markup.ts';
import { printable } from '../../output/printable.ts';
import { counted, grouped } from '../../output/display.ts';
import { COUNTED, remarks, SIGN, sideDetails, total, verdictSentence } from './wording.ts';

interface PageOptions {
  /** When the comparison was made. */
  readonly at: Date;
}

/** A page with at least so many differences counts as long. */
const LONG = 300;

/** Renders the comparison as one self-contained page. */
export function renderHtml(comparison: Comparison, { at }: PageOptions): string {
  const { verdict, base, compared, differences } = comparison;
  const labels = `${printable(compared.label)} and ${printable(base.label)}`;
  const body =
    differences.length === 0
      ? []
      : [
          overview(comparison),
          markup`<h2>Differences</h2>\n`,
          filterForm(comparison),
          ...differenceCards(comparison),
          pageScript(),
        ];
  return htmlPage({
    title: `${SIGN[verdict]} ${verdict}: ${labels}`,
    look: differences.length < LONG ? '' : 'long',
    main: markup`${heading(comparison, at)}
${numbers(comparison)}
${notes(comparison)}
${body}${countsByKind(comparison)}`,
    footer:
      'Made by makesafe. Of a long definition only the lines around its changes are here; JSON=1 has all of it.',
  });
}

function heading(comparison: Comparison, at: Date): Markup {
  const { verdict } = comparison;
  const sides = (['base', 'compared'] as const).map((name) => {
    const side = comparison[name];
    const details = sideDetails(side).join(' · ');
    return markup`<div><dt>${name}</dt><dd><b>${printable(side.label)}</b><small>${details}</small></dd></div>\n`;
  });
  return markup`<header class="verdict ${verdict}">
<p class="over">Schema comparison · ${timeElement(at)}</p>
<h1><span class="badge" aria-hidden="true">${SIGN[verdict]}</span> ${verdictSentence(comparison)}</h1>
<dl class="sides">
${sides}</dl>
</header>`;
}

function numbers({ objects }: Comparison): Markup {
  const all = total(objects);
  const boxes = COUNTED.map(
    (key) => markup`<div class="${look(key, all[key])}"><dt>${key}</dt><dd>${grouped(all[key])}</dd></div>\n`,
  );
  return markup`<dl class="numbers">\n${boxes}</dl>`;
}

/** What could not be read, what was left out and what was accepted, so that nobody believes that it was compared. */
function notes(comparison: Comparison): Markup[] {
  const accepted = comparison.ignored.map(
    ({ pattern, count: number }) => `${printable(pattern)}: ${counted(number, 'difference')} ignored`,
  );
  const lists = [
    { kind: 'unread', label: 'What could not be read', texts: comparison.incomplete.map(printable) },
    { kind: 'left-out', label: 'What was left out', texts: [...remarks(comparison), ...accepted] },
  ];
  return lists
    .filter(({ texts }) => texts.length > 0)
    .map(({ kind, label, texts }) => {
      const items = texts.map((text) => markup`<li>${text}</li>\n`);
      return markup`<section class="notes ${kind}"><h2>${label}</h2>\n<ul>\n${items}</ul></section>\n`;
    });
}

function countsByKind({ objects }: Comparison): Markup {
  const cells = (row: KindCount): Markup[] =>
    COUNTED.map((key) => markup`<td class="${look(key, row[key])}">${grouped(row[key])}</td>`);
  const row = (count: KindCount): Markup =>
    markup`<tr><th scope="row">${printable(count.kind)}</th>${cells(count)}</tr>\n`;
  return markup`<details class="counts" open>
<summary><h2>Objects by kind</h2></summary>
<table>
<thead><tr><th scope="col">kind</th>${COUNTED.map((key) => markup`<th scope="col">${key}</th>`)}</tr></thead>
<tbody>
${objects.map(row)}</tbody>
<tfoot>${row({ kind: 'total', ...total(objects) })}</tfoot>
</table>
</details>`;
}

const look = (key: string, number: number): string => (number === 0 ? 'zero' : key);
