import * as z from "zod";
import { isFresh } from "./network.ts";
import { type NetworkRecords, phaseOf } from "./network-view.ts";
import { hasEnded, type Operation } from "./operation.ts";

/** One link of the chain behind a state: what, why, and since when. */
export const Because = z.strictObject({ what: z.string(), why: z.string(), since: z.string().nullable() });
export type Because = z.infer<typeof Because>;

/** R11: what something waits for, in one sentence, and the chain behind it. */
export const Explanation = z.strictObject({
  summary: z.string(),
  since: z.string().nullable(),
  chain: z.array(Because),
});
export type Explanation = z.infer<typeof Explanation>;

const steps: Readonly<Record<string, string>> = {
  PlaceNetwork: "a cell is being chosen",
  ApplyNetwork: "the cell is being told",
  ObserveNetwork: "the cell is bringing it there",
  SettleNetwork: "the end is being recorded",
};

/** What an operation waits for. */
export function explainOperation(
  operation: Operation,
  { placement, status, report }: Partial<NetworkRecords>,
  now: number,
): Explanation {
  const { state, step, error, nextActionAt, attempt, timeline, endedAt, kind } = operation;
  const since = timeline.findLast((entry) => entry.step === (step ?? "Accepted"))?.at ?? operation.createdAt;
  const asked: Because = {
    what: `${kind} of generation ${operation.generation}`,
    why: `asked for by ${operation.actor}`,
    since: operation.createdAt,
  };

  if (hasEnded(operation)) {
    const why = error?.detail ?? timeline.at(-1)?.detail ?? state;
    return {
      summary: `The ${kind} has ${ending[state]}: ${why}`,
      since: endedAt,
      chain: [{ what: state, why, since: endedAt }, asked],
    };
  }
  if (state === "pending" && error) {
    const again = `attempt ${attempt} gave up; the next begins at ${nextActionAt}`;
    return {
      summary: `The ${kind} waits until ${nextActionAt} to be tried again: ${error.detail}`,
      since,
      chain: [{ what: "waiting", why: again, since }, { what: step ?? "start", why: error.detail, since }, asked],
    };
  }
  if (state === "pending")
    return {
      summary: `The ${kind} waits for its workflow to start.`,
      since,
      chain: [{ what: "waiting", why: "no execution has begun it", since }, asked],
    };

  const chain: Because[] = [{ what: step ?? "start", why: steps[step ?? ""] ?? "it is being worked on", since }];
  if (placement && step === "ObserveNetwork") {
    const silent = report && !isFresh(report.at, now);
    const blockers = status?.observed.blockers ?? [];
    const waiting = (status?.observed.conditions ?? []).filter((condition) => condition.status !== "True");
    if (silent) chain.push({ what: `cell ${placement.cell}`, why: "it does not answer", since: report.at });
    for (const blocker of blockers)
      chain.push({ what: "deletion", why: blocker, since: status?.observed.reportedAt ?? null });
    for (const { type, message, since: from } of waiting) chain.push({ what: type, why: message, since: from });
  }
  const [first, second] = chain;
  return {
    summary: `The ${kind} is running: ${second ? `${second.what}, ${second.why}` : first?.why}.`,
    since,
    chain: [...chain, asked],
  };
}

const ending: Record<string, string> = {
  succeeded: "succeeded",
  failed: "failed",
  superseded: "been superseded",
  cancelled: "been cancelled",
};

/** What a network waits for, or that it is as it should be. */
export function explainNetwork(records: NetworkRecords, now: number): Explanation {
  const { network, placement, status, report, operation } = records;
  const phase = phaseOf(records, now);
  const placed: Because[] = placement
    ? [{ what: `in cell ${placement.cell}`, why: placement.reasons.join("; "), since: placement.at }]
    : [];
  if (operation && (!hasEnded(operation) || operation.state === "failed" || operation.state === "cancelled")) {
    const { summary, since, chain } = explainOperation(operation, records, now);
    return { summary: `${network.name} is ${phase}. ${summary}`, since, chain: [...chain, ...placed] };
  }
  if (phase === "unreachable")
    return {
      summary: `${network.name} is unreachable: its cell does not answer${report ? ` since ${report.at}` : ""}. What runs there goes on.`,
      since: report?.at ?? null,
      chain: [
        { what: `cell ${placement?.cell ?? "unknown"}`, why: "its agent does not answer", since: report?.at ?? null },
        ...placed,
      ],
    };
  const wrong = (status?.observed.conditions ?? []).filter((condition) => condition.status !== "True");
  const [worst] = wrong;
  if (worst)
    return {
      summary: `${network.name} is ${phase}: ${worst.message}`,
      since: worst.since,
      chain: [...wrong.map(({ type, message, since }) => ({ what: type, why: message, since })), ...placed],
    };
  const since =
    status?.observed.conditions
      .map((condition) => condition.since)
      .sort()
      .at(-1) ?? network.updatedAt;
  return { summary: `${network.name} is ${phase} and waits for nothing.`, since, chain: placed };
}
