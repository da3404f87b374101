import * as z from "zod";
import { CellId, NetworkId, OrganizationId } from "./ids.ts";
import { EPOCH_BY_HAND, type InstanceSummary } from "./instance.ts";
import type { Network } from "./network.ts";
import { hasEnded, type Operation } from "./operation.ts";
import { Timestamp } from "./time.ts";

/** What a survey met that intent and cell do not agree on, and what was done about it. */
export const Finding = z.strictObject({
  network: NetworkId,
  /**
   * - `missing`: intent has it here, the cell does not. `behind`: the cell has it, at an older generation.
   * - `ahead`: the cell has it at a generation that intent never gave: intent comes from a backup.
   * - `unplaced`: intent has it without a place, and it runs here.
   * - `orphan`: the cell has it, intent does not have it here.
   */
  what: z.enum(["missing", "behind", "ahead", "unplaced", "orphan"]),
  action: z.enum(["restored", "removed", "adopted", "reported"]),
  why: z.string(),
  org: OrganizationId.nullable(),
  name: z.string().nullable(),
  since: Timestamp,
});
export type Finding = z.infer<typeof Finding>;

/** What the newest survey of a cell found. Only surveys write it, and who forces a deletion. */
export const CellFindings = z.strictObject({
  cell: CellId,
  at: Timestamp,
  /** The first of them, by network: 400 KB is the limit of an item. */
  findings: z.array(Finding),
  total: z.int().nonnegative(),
});
export type CellFindings = z.infer<typeof CellFindings>;

/** A network that intent places in the cell, as it was before the cell was asked. */
export interface Placed {
  readonly network: Network;
  readonly operation: Operation | undefined;
}

/** What is known of a network that the cell has and intent does not place there, read after the cell was asked. */
export interface Stranger {
  readonly summary: InstanceSummary;
  readonly network: Network | undefined;
  readonly placedIn: CellId | undefined;
  /** Its newest operation. */
  readonly newest: Operation | undefined;
  /** Whether there is an organization as the one that its spec names. */
  readonly organizationKnown: boolean;
}

export type Verdict = Omit<Finding, "since">;

/** Judges what a cell has against what it should have. Whatever it does not understand it only reports: it may be somebody else's. */
export function survey(
  placed: readonly Placed[],
  listed: readonly InstanceSummary[],
  strangers: readonly Stranger[],
  epoch: number,
): Verdict[] {
  const inCell = new Map(listed.map((summary) => [summary.id, summary]));
  const verdicts = [
    ...placed.flatMap((one) => judgePlaced(one, inCell.get(one.network.id), epoch)),
    ...strangers.flatMap((one) => judgeStranger(one, epoch)),
  ];
  return verdicts.sort((a, b) => (a.network < b.network ? -1 : 1));
}

function judgePlaced({ network, operation }: Placed, summary: InstanceSummary | undefined, epoch: number): Verdict[] {
  const { id, org, name, generation } = network;
  const of = { network: id, org, name };
  if (summary && summary.epoch > epoch) return [{ ...of, what: "ahead", action: "reported", why: newerHome(summary) }];
  // At our own epoch a cell is never ahead: the intent was written before the order went out.
  if (summary && summary.epoch < epoch && summary.generation > generation)
    return network.deleting
      ? []
      : [
          {
            ...of,
            what: "ahead",
            action: summary.spec ? "adopted" : "reported",
            why: `the cell has generation ${summary.generation}, intent knows ${generation}: what the cell has is newer`,
          },
        ];
  // Somebody works on it, or its owner was told that it failed and decides.
  if (network.deleting || !operation || !hasEnded(operation) || operation.state !== "succeeded") return [];
  if (!summary)
    return [{ ...of, what: "missing", action: "restored", why: "it is settled here, and the cell does not have it" }];
  if (summary.generation < generation)
    return [
      {
        ...of,
        what: "behind",
        action: "restored",
        why: `the cell has generation ${summary.generation}, ${generation} is settled`,
      },
    ];
  return [];
}

function judgeStranger(stranger: Stranger, epoch: number): Verdict[] {
  const { summary, network, placedIn, newest, organizationKnown } = stranger;
  const org = network?.org ?? newest?.org ?? summary.spec?.org ?? null;
  const of = { network: summary.id, org, name: network?.name ?? summary.spec?.name ?? null };
  const orphan = { ...of, what: "orphan" as const };
  if (summary.epoch === EPOCH_BY_HAND)
    return [{ ...orphan, action: "reported", why: "it was written with kubectl, and whoever did that owns it" }];
  if (summary.epoch > epoch) return [{ ...orphan, action: "reported", why: newerHome(summary) }];
  if (network && placedIn)
    return [{ ...orphan, action: "reported", why: `it is placed in ${placedIn}; this copy is left alone` }];
  if (network && summary.epoch < epoch)
    return [{ ...of, what: "unplaced", action: "adopted", why: "intent has no place for it, and it runs here" }];
  if (network) return [{ ...orphan, action: "reported", why: "it has no place yet; this copy is left alone" }];
  if (newest?.kind === "delete" && newest.state === "succeeded")
    return [{ ...orphan, action: "removed", why: `it was deleted by ${newest.id}` }];
  if (newest) return [{ ...orphan, action: "reported", why: `its record is gone, and ${newest.id} did not delete it` }];
  if (!summary.spec)
    return [{ ...orphan, action: "reported", why: "nobody here knows it, and the cell does not say what it is" }];
  if (!organizationKnown)
    return [{ ...orphan, action: "reported", why: `it belongs to ${summary.spec.org}, which nobody here knows` }];
  return [{ ...orphan, action: "adopted", why: "nobody here knows it, and its organization is ours" }];
}

const newerHome = ({ epoch }: InstanceSummary): string => `it is under epoch ${epoch}: another home has taken over`;

/** How many findings are kept of a cell: 500 are about 200 KB. */
export const MOST_FINDINGS = 500;

/** The findings of this survey; what was found before keeps its time. */
export function findingsOf(
  cell: CellId,
  verdicts: readonly Verdict[],
  before: CellFindings | undefined,
  at: string,
): CellFindings {
  const known = new Map(before?.findings.map((finding) => [`${finding.what}/${finding.network}`, finding.since]));
  const findings = verdicts
    .slice(0, MOST_FINDINGS)
    .map((verdict) => ({ ...verdict, since: known.get(`${verdict.what}/${verdict.network}`) ?? at }));
  return { cell, at, findings, total: verdicts.length };
}
