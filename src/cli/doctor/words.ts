/** The findings as a person reads them: grouped by account, the worst at the end, where a terminal stops. Pure. */
import type { DoctorFinding, Verdict } from './finding.ts';
import { CHECKS } from './finding.ts';

const MARKS: Readonly<Record<Verdict, string>> = {
  ok: 'ok     ',
  warning: 'WARNING',
  problem: 'PROBLEM',
  unknown: '?      ',
};
/** How bad it is, the worst last. */
const ORDER: readonly Verdict[] = ['ok', 'warning', 'unknown', 'problem'];

export function findingsInWords(findings: readonly DoctorFinding[]): readonly string[] {
  const groups = [...new Set(findings.map(({ account }) => account))].map((account) => {
    const mine = findings.filter((one) => one.account === account).toSorted((a, b) => weight(a) - weight(b));
    return { account, mine, worst: Math.max(...mine.map(weight)) };
  });
  return [
    ...groups
      .toSorted((a, b) => a.worst - b.worst)
      .flatMap(({ account, mine }) => [
        account === null ? 'the server:' : `account ${account}:`,
        ...mine.flatMap(linesOf),
        '',
      ]),
    sumOf(findings),
  ];
}

function weight({ verdict }: DoctorFinding): number {
  return ORDER.indexOf(verdict);
}

function linesOf({ check, about, verdict, says, remedy }: DoctorFinding): readonly string[] {
  const { area, name, does } = CHECKS[check];
  const head = `  ${MARKS[verdict]} ${area} ${name}${about === null ? '' : ` of ${about}`}: ${sentence(says)}`;
  if (verdict === 'ok') return [head];
  return [head, `            Ballast: ${does}`, `            You can: ${sentence(remedy)}`];
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function sumOf(findings: readonly DoctorFinding[]): string {
  const count = (verdict: Verdict): number => findings.filter((one) => one.verdict === verdict).length;
  const [problems, unknown, warnings] = [count('problem'), count('unknown'), count('warning')];
  const parts = [
    ...(problems > 0 ? [`${String(problems)} problem${problems === 1 ? '' : 's'}`] : []),
    ...(unknown > 0 ? [`${String(unknown)} not examined`] : []),
    ...(warnings > 0 ? [`${String(warnings)} warning${warnings === 1 ? '' : 's'}`] : []),
  ];
  const well = `${String(count('ok'))} of ${String(findings.length)} checks are well`;
  return parts.length === 0 ? `All is well: ${well}.` : `${parts.join(', ')}; ${well}.`;
}
