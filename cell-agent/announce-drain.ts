import { services } from "#core/workload.ts";
import { disturbsBroker, unannounced } from "./decide-drain.ts";
import type { Operator } from "./operator.ts";
import type { Plan } from "./plan.ts";
import type { Finding } from "./status-of.ts";
import { readyReplicasOf } from "./workload-state.ts";

/** An orchestrator that is dead must not keep a broker from its change. */
const NOTICE_MS = 5_000;

/** Has a network's orchestrator tell all nodes that their broker goes away, where this plan makes it so. Answers what people should know. */
export async function announceDrain(
  { objects, drainNotice, log }: Pick<Operator, "objects" | "drainNotice" | "log">,
  name: string,
  plan: Pick<Plan, "apply">,
): Promise<Finding[]> {
  const broker = objects
    .of(name)
    .find(({ kind, metadata }) => kind === "StatefulSet" && metadata.name === services.nats);
  if (!disturbsBroker(plan, { brokerReady: readyReplicasOf(broker) > 0 })) return [];
  const late = AbortSignal.timeout(NOTICE_MS);
  const tooLate = new Promise<never>((_, reject) => {
    late.addEventListener("abort", () => reject(new Error(`no answer within ${NOTICE_MS} ms`)), { once: true });
  });
  try {
    await Promise.race([drainNotice(name, late), tooLate]);
    log("info", "the nodes were told that their broker goes away", { instance: name });
    return [];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log("warn", "the nodes were not told that their broker goes away", { instance: name, why });
    return [unannounced(why)];
  }
}
