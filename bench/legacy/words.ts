/** The table that the measurement prints. */
import type { Measured } from './phase.ts';
import type { Latencies } from './sign-ins.ts';

export type PhaseName = 'stage' | 'plan' | 'apply';

export interface Line extends Measured {
  store: string;
  phase: PhaseName;
  rows: number;
  /** What the command line takes before its first row; rates and CPU a row are without it, `seconds` are with it. */
  start: { seconds: number; cpu: number };
  /** To the register. */
  questions: number;
  faults: string[];
  /** Of people who signed in meanwhile. */
  signIns?: Latencies;
}

export const tableHead = ({ seconds, cpu }: Measured): string =>
  `  the command line starts in ${seconds.toFixed(1)} s (CPU ${cpu.process.toFixed(1)} s); rows/s and CPU are without that\n` +
  '  phase       rows  seconds   rows/s  peak MB   CPU µs/row: process database   questions';

export function printLine(say: (text: string) => unknown, line: Line, usual: Latencies | undefined): void {
  const { phase, rows, seconds, start, peakMb, cpu, questions, faults, signIns } = line;
  const working = Math.max(0.01, seconds - start.seconds);
  const perRow = (used: number) => ((used / rows) * 1e6).toFixed(0);
  say(
    [
      `  ${phase.padEnd(5)}`,
      String(rows).padStart(10),
      seconds.toFixed(1).padStart(8),
      (rows / working).toFixed(0).padStart(8),
      peakMb.toFixed(0).padStart(8),
      perRow(Math.max(0, cpu.process - start.cpu)).padStart(20),
      perRow(cpu.database).padStart(8),
      String(questions).padStart(11),
    ].join(' '),
  );
  if (signIns) printSignIns(say, 'meanwhile', signIns, usual);
  for (const fault of faults) say(`  WRONG ${fault}`);
}

export function printSignIns(
  say: (text: string) => unknown,
  when: string,
  { signIns, errors, firstError, p50, p95 }: Latencies,
  usual?: Latencies,
): void {
  const ratio = (now: number, then: number | undefined) => (then ? ` (${(now / then).toFixed(2)} ×)` : '');
  say(
    `    sign-ins ${when}: ${signIns}, p50 ${p50.toFixed(0)} ms${ratio(p50, usual?.p50)}, p95 ${p95.toFixed(0)} ms${ratio(p95, usual?.p95)}, ${errors} errors${firstError ? `, first: ${firstError}` : ''}`,
  );
}
