import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:https";
import { type AddressInfo, isIP } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import pLimit from "p-limit";
import { issueLeaf } from "#adapters/x509.ts";
import type { Chance, Clock, Cluster, Log, Verifier } from "#core/ports.ts";
import { provisioningApi } from "./api/app.ts";
import { callAuthentication } from "./api/authenticate.ts";
import { longPolls } from "./api/long-polls.ts";
import { appliedSecrets } from "./applied-secrets.ts";
import { watchCapacity } from "./capacity.ts";
import { type Contacts, keepContacts } from "./contacts.ts";
import { inTurn } from "./in-turn.ts";
import { join } from "./join.ts";
import { openJournal } from "./journal.ts";
import { cellKeys } from "./keys/cell-keys.ts";
import { apiTrust, knockAtApi, knockAtNats, natsTrust } from "./knock.ts";
import { openPinned } from "./membership.ts";
import { materials } from "./network-material.ts";
import { type Objects, watchObjects } from "./observe/objects.ts";
import { orchestratorClient } from "./orchestrator-client.ts";
import { ownCellId } from "./own-cell-id.ts";
import { ownNamespace } from "./own-namespace.ts";
import { readHold } from "./read-hold.ts";
import { reconcile } from "./reconcile.ts";
import { keepRepairs } from "./repairs.ts";
import type { Settings } from "./settings.ts";
import { pendingStatusOf } from "./status-of.ts";
import { keepSteady } from "./steady.ts";
import { tellEvents } from "./tell.ts";
import { openTombstones } from "./tombstones.ts";
import { type WorkQueue, workQueue } from "./work-queue.ts";

export interface AgentParts {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly verifier: Verifier;
  readonly log: Log;
  readonly settings: Pick<
    Settings,
    "controlPlane" | "joinToken" | "listen" | "publicUrl" | "domain" | "doors" | "networkLimit"
  > &
    Partial<Pick<Settings, "imageRegistry">>;
}

export interface Agent {
  /** Where the provisioning API listens. */
  readonly url: string;
  close(): Promise<void>;
}

/** Everything is looked at anew so often, whatever was or was not signalled. */
const RESYNC_MS = 60_000;
const WORKERS = 8;
/** Doors that are knocked at in one moment. An agent that starts would begin with two TLS handshakes for each network, all of them late. */
const KNOCKS = 64;
const API_CERTIFICATE_DAYS = 90;
/** The certificate of the API needs no keeping: a new one is made as often as this. */
const API_CERTIFICATE_RENEWAL_MS = (API_CERTIFICATE_DAYS / 3) * 86_400_000;

/** The agent of one cell: keys and pinned trust from the cluster, the API up, then join, watch and reconcile until closed. */
export async function startAgent({ cluster, clock, chance, verifier, log, settings }: AgentParts): Promise<Agent> {
  const ended = new AbortController();
  /** What we wait for may never come: an end must not. */
  const over = new Promise<undefined>((done) => ended.signal.addEventListener("abort", () => done(undefined)));
  await ownNamespace(cluster);
  const [{ identity, authorities }, pinned, tombstones] = await Promise.all([
    cellKeys(cluster, clock.now()),
    openPinned(cluster),
    openTombstones(cluster, clock),
  ]);
  const ownId = settings.controlPlane ? undefined : await ownCellId(cluster, clock, pinned);
  const journal = openJournal({ clock, run: randomBytes(6).toString("hex") });
  const polls = longPolls({ clock, journal });
  const secrets = appliedSecrets({ cluster, clock, chance });
  const material = materials({ cluster, clock, domain: settings.domain, authorities });
  let queue: WorkQueue | undefined;
  let contacts: Contacts | undefined;
  let isSynced = false;
  const wake = (instance: string) => queue?.add(instance);
  const objects: Objects = watchObjects({ cluster, log, signal: ended.signal, onChange: wake });
  const capacity = watchCapacity(cluster, ended.signal);
  const room = () => {
    const limited =
      settings.networkLimit === null ? null : Math.max(0, settings.networkLimit - objects.instances().length);
    const fits = capacity.room();
    return limited === null || fits === null ? (limited ?? fits) : Math.min(limited, fits);
  };

  const app = provisioningApi({
    served: {
      ...{ clock, journal, objects, pinned, polls },
      held: readHold(cluster, log),
      book: {
        ...{ cluster, clock, pinned, tombstones, journal, room },
        inTurn: inTurn(),
        onRecorded: (instance) => {
          objects.learn(instance);
          wake(instance.metadata.name);
        },
      },
    },
    authenticate: callAuthentication({ clock, verifier, membership: pinned.membership }),
    notReady: () =>
      settings.controlPlane && pinned.membership() === undefined
        ? "This cell has not joined a control plane yet."
        : isSynced
          ? undefined
          : `The agent has just started and is looking at what is in the cluster${waitsFor(objects.unseen())}.`,
    log,
  });
  const certificate = () => {
    const names = namesOf(settings);
    const { certPem, keyPem } = issueLeaf(authorities.api, { names, now: clock.now(), days: API_CERTIFICATE_DAYS });
    return { cert: certPem, key: keyPem, minVersion: "TLSv1.3" as const };
  };
  const server = createAdaptorServer({
    fetch: app.fetch,
    createServer,
    serverOptions: certificate(),
  }) as Server;
  await listening(server, settings.listen);
  const { port } = server.address() as AddressInfo;
  const url = `https://${settings.listen.host}:${port}`;
  const renewal = setInterval(
    () => server.setSecureContext(certificate()),
    Math.min(API_CERTIFICATE_RENEWAL_MS, 2 ** 31 - 1),
  );

  async function operate(): Promise<void> {
    const id = ownId ?? (await Promise.race([over, pinned.joined()]));
    await Promise.race([over, Promise.all([objects.synced, preloaded()])]);
    if (ended.signal.aborted || id === undefined) return;
    const { domain, doors, imageRegistry } = settings;
    const cell = { id, domain, doors, ...(imageRegistry === undefined ? {} : { imageRegistry }) };
    const orchestrators = orchestratorClient({ cluster, clock, authorities, cell: cell.id });
    const trust = natsTrust(() => authorities.nats);
    const publicTrust = apiTrust(settings.doors.apiCaPem);
    const knocks = pLimit(KNOCKS);
    const met = keepContacts({
      ...{ clock, chance, log, onChange: wake },
      knockAtApi: (addresses) => knocks(() => knockAtApi(addresses, publicTrust)),
      knockAtNats: (addresses) => knocks(() => knockAtNats(addresses, trust())),
      status: orchestrators.status,
      pushAccess: orchestrators.pushAccess,
      reloadBroker: orchestrators.reloadBroker,
    });
    contacts = met;
    for (const instance of objects.instances()) {
      const { epoch, generation } = instance.spec;
      journal.remember({ ...(instance.status ?? pendingStatusOf(instance, clock.now())), epoch, generation });
    }
    const operator = {
      cluster,
      clock,
      log,
      cell,
      authorities,
      objects,
      materials: material,
      secrets,
      contacts: met,
      drainNotice: orchestrators.drainNotice,
      journal,
      tombstones,
      repairs: keepRepairs(clock),
      steady: keepSteady(),
      tell: tellEvents({ cluster, clock, log }),
    };
    queue = workQueue({ work: (name) => reconcile(operator, name), workers: WORKERS, clock, chance, log });
    isSynced = true;
    for (let round = 0; !ended.signal.aborted; round += 1) {
      for (const { metadata } of objects.instances()) queue.add(metadata.name);
      // They were read when this agent started.
      if (round > 0)
        await keepAuthorities().catch((error: unknown) =>
          log("warn", "authorities not looked at", { why: String(error) }),
        );
      await tombstones.prune().catch((error: unknown) => log("warn", "tombstones not pruned", { why: String(error) }));
      await clock.sleep(RESYNC_MS, ended.signal);
    }
    orchestrators.close();
  }

  /** Without it each first pass reads what it needs. */
  const preloaded = () =>
    material.preload().catch((error: unknown) => log("info", "keys are read one by one", { why: String(error) }));

  /** Generations of the authorities come and go: what is made of them follows, and the control plane hears of it. */
  async function keepAuthorities(): Promise<void> {
    if (!(await authorities.refresh(clock.now()))) return;
    server.setSecureContext(certificate());
    announcing.abort();
    announcing = new AbortController();
    announced = announce(AbortSignal.any([ended.signal, announcing.signal]));
  }

  const announce = async (signal: AbortSignal): Promise<void> => {
    if (!settings.controlPlane) return;
    await join(
      {
        ...{ controlPlane: settings.controlPlane, token: settings.joinToken, identity, room },
        publicUrl: settings.publicUrl ?? url,
        domain: settings.domain,
        caPem: authorities.api.trustPem,
        natsCaPem: authorities.nats.trustPem,
        existing: async () => {
          await Promise.race([over, objects.synced]);
          return objects
            .instances()
            .map(({ spec: { network, epoch, generation } }) => ({ id: network, epoch, generation }));
        },
      },
      { pinned, clock, chance, log, signal },
    ).catch(stopped);
  };
  const stopped = (error: unknown) => log("error", "a part of the agent stopped", { why: String(error) });
  let announcing = new AbortController();
  let announced = announce(AbortSignal.any([ended.signal, announcing.signal]));
  const operating = operate().catch(stopped);

  return {
    url,
    async close() {
      ended.abort();
      clearInterval(renewal);
      polls.close();
      server.close();
      server.closeIdleConnections();
      await contacts?.close();
      await queue?.close();
      server.closeAllConnections();
      await Promise.all([operating, announced]);
    },
  };
}

const waitsFor = (unseen: readonly string[]): string => (unseen.length === 0 ? "" : `, now for: ${unseen.join(", ")}`);

/** Every name by which the API may be called. */
export function namesOf({ listen, publicUrl }: Pick<Settings, "listen" | "publicUrl">): string[] {
  const told = publicUrl === undefined ? listen.host : new URL(publicUrl).hostname.replace(/^\[|\]$/g, "");
  return [...new Set([told, listen.host, "localhost", "127.0.0.1"])].filter(
    (name) => isIP(name) !== 6 && name !== "0.0.0.0",
  );
}

export function listening(server: Server, { host, port }: Settings["listen"]): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
