import type { Observed, Phase } from "#core/model/network.ts";

/** Something that people should hear of. */
export interface News {
  readonly type: "Normal" | "Warning";
  /** One word, for programs. */
  readonly reason: string;
  readonly message: string;
}

const arrival: Readonly<Partial<Record<Phase, (before: Phase | undefined, after: Observed) => News>>> = {
  updating: (_, { generation }) => ({
    ...{ type: "Normal", reason: "Updating" },
    message: `the network is brought to generation ${generation}`,
  }),
  ready: (before, { release }) => ({
    type: "Normal",
    reason: before === "degraded" ? "Recovered" : before === "updating" ? "Updated" : "Ready",
    message: `a node can connect; it runs release ${release}`,
  }),
  degraded: (_, after) => ({ type: "Warning", reason: "Degraded", message: troubleOf(after) }),
  failed: (_, after) => ({ type: "Warning", reason: "Failed", message: troubleOf(after) }),
  deleting: () => ({ type: "Normal", reason: "Deleting", message: "the network and all in it are being taken away" }),
};

/**
 * What is new to people between two observations: a phase, a refusal, a blocked deletion, a pause. Most changes are nothing, and neither is
 * a first start: the status tells how far it is, and its end is told.
 */
export function newsOf(before: Observed | undefined, after: Observed): News[] {
  const news: News[] = [];
  if (before?.phase !== after.phase) {
    const arrived = arrival[after.phase]?.(before?.phase, after);
    if (arrived) news.push(arrived);
  }
  if (turned("Applied", "False", before, after))
    news.push({ type: "Warning", reason: "ApplyFailed", message: messageOf("Applied", after) });
  if (turned("Paused", "True", before, after))
    news.push({ type: "Normal", reason: "Paused", message: messageOf("Paused", after) });
  if (turned("VolumeSized", "False", before, after))
    news.push({ type: "Warning", reason: "VolumeSize", message: messageOf("VolumeSized", after) });
  if (turned("BrokerAnnounced", "False", before, after))
    news.push({ type: "Warning", reason: "NotAnnounced", message: messageOf("BrokerAnnounced", after) });
  const [blocker] = after.blockers;
  if (blocker !== undefined && blocker !== before?.blockers[0])
    news.push({ type: "Warning", reason: "DeletionBlocked", message: blocker });
  return news;
}

const statusOf = (type: string, observed: Observed | undefined) =>
  observed?.conditions.find((condition) => condition.type === type)?.status;

const turned = (type: string, to: string, before: Observed | undefined, after: Observed): boolean =>
  statusOf(type, after) === to && statusOf(type, before) !== to;

const messageOf = (type: string, { conditions }: Observed): string =>
  conditions.find((condition) => condition.type === type)?.message ?? "";

const troubleOf = ({ conditions }: Observed): string =>
  conditions.find(({ status }) => status !== "True")?.message ?? "";
