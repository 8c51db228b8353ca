import type { Fact } from './fact.ts';

const MARKS: Readonly<Record<Fact['status'], string>> = { ok: 'ok', warn: '!', missing: 'x' };

/** The report as text: a line a fact, the advice below it, and one sentence at the end. */
export function formatDoctor(report: readonly Fact[]): string {
  const width = Math.max(...report.map(({ name }) => name.length), 0);
  const lines = report.flatMap(({ name, status, detail, advice }) => {
    const line = `${MARKS[status].padStart(2)}  ${name.padEnd(width)}  ${detail}`;
    return advice === undefined ? [line] : [line, `${' '.repeat(width + 6)}-> ${advice}`];
  });
  return `${[...lines, '', verdict(report)].join('\n')}\n`;
}

function verdict(report: readonly Fact[]): string {
  const count = (status: Fact['status']) => report.filter((fact) => fact.status === status).length;
  if (count('missing') > 0) return `${count('missing')} missing: do what stands after the arrows.`;
  return count('warn') > 0 ? `Works; ${count('warn')} could be better.` : 'All is well.';
}
