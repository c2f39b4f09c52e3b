import type { Result } from './run.ts';

const [ROW, LEFT, WIDTH, SCALE] = [26, 210, 420, 1.5];

/** Times as bars, in parts of what they are compared with, with each budget as a mark: shorter is faster. */
export function plot(results: readonly Result[]): string {
  const x = (ratio: number): number => LEFT + (Math.min(ratio, SCALE) / SCALE) * WIDTH;
  const rows = results.flatMap(({ name, ours, other, limit, against }, index) => {
    const whole = other ?? limit ?? ours;
    const [ratio, budget] = [ours / whole, limit === null ? null : limit / whole];
    const y = 34 + index * ROW;
    const colour = budget === null ? '#8a8f98' : ratio <= budget ? '#2a7d4f' : '#b3372f';
    return [
      `<text x="${LEFT - 8}" y="${y + 13}" text-anchor="end">${escape(name)}</text>`,
      `<rect x="${LEFT}" y="${y}" width="${(x(ratio) - LEFT).toFixed(1)}" height="16" fill="${colour}"/>`,
      budget === null
        ? ''
        : `<line x1="${x(budget)}" x2="${x(budget)}" y1="${y - 3}" y2="${y + 19}" stroke="#888" stroke-width="2"/>`,
      `<text x="${x(SCALE) + 8}" y="${y + 13}">${ratio.toFixed(2)} of ${escape(against)}</text>`,
    ];
  });
  const height = 44 + results.length * ROW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LEFT + WIDTH + 230} ${height}" font-family="sans-serif" font-size="13">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    '<text x="10" y="20" font-weight="bold">makesafe against the raw commands: time ratio, the mark is the budget</text>',
    ...rows,
    '</svg>\n',
  ].join('\n');
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
