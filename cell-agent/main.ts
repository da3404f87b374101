/**
 * The agent of one cell. Configured by the environment (settings.ts); state only in the cluster. Prints one JSON line
 * `{"listening": url}` on stdout when the provisioning API answers. SIGTERM ends it well; with `CELLPLANE_LIFELINE=stdin` so does
 * the end of stdin, which is how it ends with a supervisor that was killed.
 */
import { randomBytes } from "node:crypto";
import { embeddedCluster } from "#adapters/embedded-cluster.ts";
import { jsonLog } from "#adapters/json-log.ts";
import { joseVerifier } from "#adapters/jwt.ts";
import { kubeconfigCluster, kubernetesCluster, ownCluster } from "#adapters/kubernetes.ts";
import { systemClock } from "#adapters/world.ts";
import { type ErrorKind, Refusal } from "#core/errors.ts";
import type { Cluster, Log } from "#core/ports.ts";
import { type Agent, type AgentParts, startAgent } from "./agent.ts";
import { type Leadership, lead } from "./leadership.ts";
import { ownNamespace } from "./own-namespace.ts";
import { type ClusterSettings, type Settings, settingsOf } from "./settings.ts";
import { standBy } from "./stand-by.ts";

/** A cluster that starts beside us answers within seconds. */
const CLUSTER_RETRY_MS = 100;
const RIGHTS_RETRY_MS = 1_000;
/** Less than the kubelet waits before it kills. */
const END_WITHIN_MS = 8_000;

async function main(): Promise<void> {
  const settings = settingsOf(process.env);
  const log = jsonLog(settings.logLevel, "cell-agent");
  const given = await clusterOf(settings.cluster, log);
  const stop = new AbortController();
  let agent: Agent | undefined;
  let leadership: Leadership | undefined;
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    stop.abort();
    // An API server that hangs holds calls for longer. The lease is then not given back: a write may still be on its way.
    setTimeout(() => process.exit(1), END_WITHIN_MS).unref();
    (agent?.close() ?? Promise.resolve())
      .then(() => leadership?.release())
      .catch((error: unknown) => log("error", "not ended well", { why: String(error) }))
      .finally(() => process.exit(0));
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
  if (settings.lifeline) process.stdin.once("end", end).once("error", end).resume();

  leadership = await leadershipOf(given, { settings, log, signal: stop.signal });
  if (stop.signal.aborted) return;
  const leave = () => {
    // Nothing that we know is sure any more: we are started again, and stand by.
    if (ending) return;
    log("warn", "the lease is lost, another replica may lead");
    process.exit(1);
  };
  leadership?.lost.addEventListener("abort", leave);
  if (leadership?.lost.aborted) leave();
  const cluster = leadership?.cluster ?? given;
  const parts: AgentParts = { cluster, clock: systemClock, chance: Math.random, verifier: joseVerifier, log, settings };
  try {
    agent = await onceThere(log, () => startAgent(parts));
  } catch (error) {
    await leadership?.release().catch(() => {});
    throw error;
  }
  process.stdout.write(`${JSON.stringify({ listening: agent.url })}\n`);
}

/** On Kubernetes, replicas choose one that leads; the others answer that they do not. The embedded cluster has one agent. */
async function leadershipOf(
  cluster: Cluster,
  { settings, log, signal }: { settings: Settings; log: Log; signal: AbortSignal },
): Promise<Leadership | undefined> {
  if (settings.cluster.kind === "embedded") return undefined;
  const me = `${settings.replica}_${randomBytes(6).toString("hex")}`;
  // The lease is in it, and so is what a stand-by shows who it is with.
  await onceThere(log, () => ownNamespace(cluster));
  const leads = new AbortController();
  const standing = standBy({ cluster, clock: systemClock, log, settings }, AbortSignal.any([signal, leads.signal]));
  const leadership = await lead({ cluster, me, clock: systemClock, chance: Math.random, log, signal });
  leads.abort();
  await standing;
  return leadership;
}

/** Those after which to ask again. An API server that has just started refuses everybody until it has read who may do what. */
const retryAfterMs: Partial<Record<ErrorKind, number>> = { unavailable: CLUSTER_RETRY_MS, forbidden: RIGHTS_RETRY_MS };

/** What this answers once the cluster does. */
async function onceThere<T>(log: Log, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const again = error instanceof Refusal ? retryAfterMs[error.kind] : undefined;
      if (again === undefined) throw error;
      log("info", "the cluster does not let us begin yet", { why: String(error) });
      await systemClock.sleep(again);
    }
  }
}

/** The one cluster there is: embedded, around this pod, or named by a kubeconfig. */
async function clusterOf(settings: ClusterSettings, log: Log): Promise<Cluster> {
  if (settings.kind === "embedded") return embeddedCluster(settings);
  const { kubeconfig, ingress } = settings;
  const endpoint = kubeconfig === undefined ? ownCluster(process.env) : await kubeconfigCluster(kubeconfig);
  return kubernetesCluster({ endpoint, ingress, log });
}

main().catch((error: unknown) => {
  process.stderr.write(`cellplane cell agent: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
