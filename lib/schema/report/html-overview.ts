import type { Comparison, Difference } from '../compare/comparison.ts';
import { counted, grouped } from '../../output/display.ts';
import { printable } from '../../output/printable.ts';
import { CONCERN_TITLES } from './concern.ts';
import { markup, type Markup } from './markup.ts';
import { overviewOf } from './overview.ts';
import { objectName } from './wording.ts';

/** The anchor of each difference in the page. */
export const anchors = ({ differences }: Comparison): ((difference: Difference) => string) => {
  const places = new Map(differences.map((difference, at) => [difference, `d${at + 1}`]));
  return (difference) => places.get(difference)!;
};

/** The most important changes, before all others: a few lines for each concern, each a link to its difference. */
export function overview(comparison: Comparison): Markup {
  const anchor = anchors(comparison);
  const parts = overviewOf(comparison).map(({ concern, lines, count: number }) => {
    const items = lines.map(
      ({ difference, text }) =>
        markup`<li><button type="button" data-to="${anchor(difference)}" disabled>${objectName(difference)}</button> <small>${printable(difference.kind)}</small> ${text}</li>\n`,
    );
    const left = number - lines.length;
    const more =
      left === 0
        ? []
        : [
            markup`<p class="more">… and ${grouped(left)} more <button type="button" data-concern="${concern}" disabled>show them</button></p>\n`,
          ];
    return markup`<section class="concern ${concern}">
<h2>${CONCERN_TITLES[concern]} <span>${counted(number, 'change')}</span></h2>
<ul>
${items}</ul>
${more}</section>
`;
  });
  return markup`<div class="overview">\n${parts}</div>\n`;
}
