import type { ReportedTargets, RolloutReport } from "#core/model/rollout/report.ts";
import { endingLines } from "./look.ts";

/** What became of a rollout, for people. */
export function reportLines({ rollout, summary, failures, undoFailures, untouched }: RolloutReport, now: number) {
  return [
    ...endingLines({ rollout: { ...rollout, summary } }, now),
    ...(untouched.length > 0 ? ["Not changed:"] : []),
    ...untouched.map(({ state, code, count, example }) => `  ${count} × ${state}, ${code}: ${example}`),
    ...failures.flatMap((failure) => failureLines(failure, "failed")),
    ...undoFailures.flatMap((failure) => failureLines(failure, "failed on the way back")),
  ];
}

function failureLines({ code, count, examples }: ReportedTargets["failures"][number], what: string): string[] {
  const more = count - examples.length;
  return [
    ...examples.flatMap(({ network, message, excerpt }) => [
      "",
      `${network} ${what}: ${message}`,
      ...excerpt.map((line) => `  ${line}`),
    ]),
    ...(more > 0 ? ["", `… and ${more} more with ${code}`] : []),
  ];
}
