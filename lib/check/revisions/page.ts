import type { CheckResult } from '../../output/check-result.ts';
import { counted } from '../../output/display.ts';
import { printable } from '../../output/printable.ts';
import { SIGN } from '../../output/render-check-results.ts';
import { htmlPage, timeElement } from '../../schema/report/html-page.ts';
import { markup, type Markup } from '../../schema/report/markup.ts';

interface ChecksPage {
  readonly environment: string;
  readonly results: readonly CheckResult[];
  readonly revisions: number;
  readonly at: Date;
}

/** The results of `al-check` as one page. */
export function renderChecksPage({ environment, results, revisions, at }: ChecksPage): string {
  const bad = results.filter(({ state }) => state === 'failed').length;
  const said = bad === 0 ? 'no check failed' : `${counted(bad, 'check')} of ${results.length} failed`;
  const sign = bad === 0 ? SIGN.passed : SIGN.failed;
  return htmlPage({
    title: `${sign} ${environment}: ${said}`,
    main: markup`<header class="verdict ${bad === 0 ? 'same' : 'different'}">
<p class="over">Revisions, up, down and up again · ${timeElement(at)}</p>
<h1><span class="badge" aria-hidden="true">${sign}</span> ${counted(revisions, 'revision')}: ${said}</h1>
</header>
<div class="overview">
${results.map(card)}</div>`,
    footer: 'Made by makesafe. JSON=1 has each revision.',
  });
}

/** Which colour of the page a state has. */
const CONCERN = { passed: '', warning: 'definition', failed: 'access', skipped: '' } as const;

const card = ({
  check,
  state,
  found,
  remedy,
}: CheckResult): Markup => markup`<section class="concern ${CONCERN[state]}">
<h2>${SIGN[state]} ${printable(check)} <span>${state}</span></h2>
<p>${printable(found)}</p>
<ul>
${(remedy?.split('\n') ?? []).map((line) => markup`<li>${printable(line)}</li>\n`)}</ul>
</section>
`;
