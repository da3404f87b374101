import { createHash } from "node:crypto";
import { INSTANCE_API_VERSION, INSTANCE_KIND, type NetworkInstance } from "#core/model/instance.ts";
import type { Clock, Cluster, Log } from "#core/ports.ts";
import { SYSTEM_NAMESPACE } from "./cell.ts";
import type { News } from "./news-of.ts";

/** Tells people what happened to an instance. Nothing waits for it, and nothing fails with it. */
export type Tell = (instance: Pick<NetworkInstance, "metadata">, news: readonly News[]) => void;

/** So many different ones are counted; the rest begin at one again. */
const MOST_COUNTED = 5_000;
/** What Kubernetes takes of a message. */
const LONGEST_MESSAGE = 1_000;

/**
 * As events of Kubernetes, in the agent's own namespace: `kubectl events -A --for netinst/<name>`. The same again is the same event,
 * counted.
 */
export function tellEvents({ cluster, clock, log }: { cluster: Cluster; clock: Pick<Clock, "now">; log: Log }): Tell {
  const counts = new Map<string, { count: number; first: string }>();

  return ({ metadata }, news) => {
    for (const { type, reason, message } of news) {
      const digest = createHash("sha256").update(`${metadata.uid}\n${reason}\n${message}`).digest("hex").slice(0, 16);
      const name = `${metadata.name}.${digest}`;
      const at = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
      const { count, first } = counts.get(name) ?? { count: 0, first: at };
      if (counts.size >= MOST_COUNTED) counts.clear();
      counts.set(name, { count: count + 1, first });
      const event = {
        ...{ apiVersion: "v1", kind: "Event", metadata: { name, namespace: SYSTEM_NAMESPACE } },
        involvedObject: {
          ...{ apiVersion: INSTANCE_API_VERSION, kind: INSTANCE_KIND, name: metadata.name },
          // An event lives in the namespace of what it is about; what has none must name that of the event.
          namespace: SYSTEM_NAMESPACE,
          ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
        },
        ...{ type, reason, message: message.slice(0, LONGEST_MESSAGE), count: count + 1 },
        ...{ firstTimestamp: first, lastTimestamp: at, source: { component: "cellplane-cell-agent" } },
      };
      cluster
        .apply(event)
        .catch((error: unknown) => log("debug", "an event was not told", { name, why: String(error) }));
    }
  };
}
