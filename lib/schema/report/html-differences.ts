import type { Comparison, Difference } from '../compare/comparison.ts';
import { CONCERN_TITLES, concernOf, sideOf } from './concern.ts';
import { definitionTable, RowBudget } from './html-definition.ts';
import { anchors } from './html-overview.ts';
import { markup, type Markup } from './markup.ts';
import { printable } from '../../output/printable.ts';
import { byKind, changeLines, objectName } from './wording.ts';

const kindOf = ({ kind }: Difference): string => printable(kind);
const schemaOf = ({ schema }: Difference): string => (schema === '' ? '(none)' : printable(schema));

/** Hidden until page.js makes it work. Without scripts, all differences are shown. */
export function filterForm({ differences, base, compared }: Comparison): Markup {
  const sides = {
    base: `only in ${printable(base.label)}`,
    compared: `only in ${printable(compared.label)}`,
    both: 'different in both',
  };
  return markup`<form class="filter" hidden>
<label>Kind ${choice('kind', differences.map(kindOf))}</label>
<label>Schema ${choice('schema', differences.map(schemaOf))}</label>
<label>Class ${choice('concern', differences.map(concernOf), CONCERN_TITLES)}</label>
<label>Side ${choice('side', differences.map(sideOf), sides)}</label>
<label>Text <input name="text" type="search" placeholder="name or change" autocomplete="off"></label>
<button type="reset">Show all</button>
<button type="button" name="fold">Close all</button>
<output aria-live="polite"></output>
</form>
`;
}

/** @param titles by value, in order of display; without titles, the sorted values */
function choice(name: string, values: readonly string[], titles?: Readonly<Record<string, string>>): Markup {
  const numbers = new Map<string, number>();
  for (const value of values) numbers.set(value, (numbers.get(value) ?? 0) + 1);
  const order = Object.keys(titles ?? {});
  const sorted = [...numbers].sort(([one], [other]) =>
    titles ? order.indexOf(one) - order.indexOf(other) : one < other ? -1 : 1,
  );
  const options = sorted.map(
    ([value, number]) => markup`<option value="${value}">${titles?.[value] ?? value} (${number})</option>\n`,
  );
  return markup`<select name="${name}"><option value="">all (${values.length})</option>\n${options}</select>`;
}

/** All differences, grouped by kind. */
export function differenceCards(comparison: Comparison): Markup[] {
  const budget = new RowBudget();
  const anchor = anchors(comparison);
  return byKind(comparison.differences).map((those) => {
    const cards = those.map((difference) => card(difference, comparison, budget, anchor(difference)));
    return markup`<section class="kind">\n<h3>${kindOf(those[0]!)} <span>${those.length}</span></h3>\n${cards}</section>\n`;
  });
}

function card(difference: Difference, comparison: Comparison, budget: RowBudget, id: string): Markup {
  const { class: what } = difference;
  const changes = changeLines(difference, comparison).map((change) => markup`<li>${change}</li>`);
  return markup`<article class="difference" id="${id}" data-concern="${concernOf(difference)}" data-side="${sideOf(difference)}" data-kind="${kindOf(difference)}" data-schema="${schemaOf(difference)}">
<details open>
<summary><span class="name">${objectName(difference)}</span> <span class="class ${what.replaceAll(' ', '-')}">${what}</span></summary>
<ul class="changes">${changes}</ul>
${definitionTable(difference, comparison, budget)}
</details>
</article>
`;
}
