import type { AccessDocument } from "#core/model/access.ts";
import type { Chance, Clock, Log, NetworkAddresses } from "#core/ports.ts";
import type { OrchestratorStatus } from "#core/workload.ts";
import { type Contact, type Door, noContact, sameContact } from "./contact.ts";
import { type WakeableSleep, wakeableSleep } from "./wakeable-sleep.ts";

/** Where to knock, and what the orchestrator should know. */
export interface Acquaintance {
  readonly namespace: string;
  readonly addresses: NetworkAddresses;
  readonly access: AccessDocument;
  /** SHA-256 of the certificate that the broker should show. */
  readonly certificate: string;
  /** Broker and orchestrator are up, as far as the cluster knows: a shut door will open any moment. */
  readonly expectOpen: boolean;
}

/** Stays in touch with every network: knocks at its doors, listens to its orchestrator, hands over its access list. */
export interface Contacts {
  of(instance: string): Contact;
  /** From now on, or with what is new; the same again changes nothing. */
  follow(instance: string, acquaintance: Acquaintance): void;
  forget(instance: string): void;
  close(): Promise<void>;
}

/** Between two tries of a door that is about to open: this path decides how soon a node can connect. */
const EAGER_MS = 40;
/** So often it is tried eagerly (about 20 s) before it is treated as broken. */
const EAGER_TRIES = 500;
/** Before the first try of a door that nothing says will open, and between the next ones, ever longer. That it may open wakes it. */
const PATIENT_MS = 10_000;
const LONGEST_PATIENT_MS = 60_000;
/** Between two tries of an open door, and as much again by chance at most half: 10 to 15 s. */
const STEADY_MS = 10_000;
/** Between two reloads of a broker that shows an older certificate: at first, and at most. A cluster may take a minute to bring the files. */
const RELOAD_MS = 1_000;
const LONGEST_RELOAD_MS = 15_000;
/** A door that was open is tried once more before it counts as shut. */
const SECOND_THOUGHT_MS = 250;
/** Failures of the internal port in a row before the orchestrator counts as silent. */
const SILENT_AFTER = 2;

interface Followed {
  acquaintance: Acquaintance;
  contact: Contact;
  readonly doors: WakeableSleep;
  readonly talk: WakeableSleep;
  readonly ended: AbortController;
  /** Breaks off the long poll under way: there is something to hand over. */
  poll: AbortController;
  readonly loops: Promise<unknown>[];
}

export function keepContacts(options: {
  clock: Clock;
  chance: Chance;
  log: Log;
  knockAtApi: (addresses: NetworkAddresses) => Promise<Door>;
  knockAtNats: (addresses: NetworkAddresses) => Promise<Door>;
  status: (namespace: string, since: string | undefined, signal: AbortSignal) => Promise<OrchestratorStatus>;
  pushAccess: (namespace: string, access: AccessDocument, signal: AbortSignal) => Promise<void>;
  reloadBroker: (namespace: string, signal: AbortSignal) => Promise<void>;
  onChange: (instance: string) => void;
}): Contacts {
  const { clock, chance, log, knockAtApi, knockAtNats, status, pushAccess, reloadBroker, onChange } = options;
  const followed = new Map<string, Followed>();

  function meet(instance: string, one: Followed, news: Partial<Contact>): void {
    if (one.ended.signal.aborted) return;
    const before = one.contact;
    one.contact = { ...before, ...news };
    if (!sameContact(before, one.contact)) onChange(instance);
  }

  const patience = (failures: number) =>
    Math.min(LONGEST_PATIENT_MS, PATIENT_MS * 2 ** Math.min(failures, 10)) * (0.75 + chance() / 4);

  async function knockOn(instance: string, one: Followed): Promise<void> {
    let failures = 0;
    let reloads = 0;
    if (!one.acquaintance.expectOpen) await one.doors.sleep(patience(0));
    while (!one.ended.signal.aborted) {
      const { addresses } = one.acquaintance;
      const [api, nats] = await Promise.all([knockAtApi(addresses), knockAtNats(addresses)]);
      const allOpen = api.open === true && nats.open === true;
      failures = allOpen ? 0 : failures + 1;
      const wereOpen = one.contact.api.open === true && one.contact.nats.open === true;
      if (!allOpen && wereOpen && failures === 1) {
        await one.doors.sleep(SECOND_THOUGHT_MS);
        continue;
      }
      meet(instance, one, { api, nats, checkedAt: clock.now() });
      const shown = nats.certificate;
      if (allOpen && shown !== undefined && shown !== one.acquaintance.certificate) {
        await renewCertificate(instance, one, reloads);
        reloads += 1;
        continue;
      }
      reloads = 0;
      const eager = one.acquaintance.expectOpen && failures < EAGER_TRIES;
      await one.doors.sleep(allOpen ? STEADY_MS * (1 + chance() / 2) : eager ? EAGER_MS : patience(failures));
    }
  }

  /** The broker reads its new certificate when it is told to. The files may come to it later than we wrote them. */
  async function renewCertificate(instance: string, one: Followed, before: number): Promise<void> {
    try {
      await reloadBroker(one.acquaintance.namespace, one.ended.signal);
    } catch (error) {
      log("debug", "the broker was not reloaded", { instance, error: String(error) });
    }
    await one.doors.sleep(Math.min(LONGEST_RELOAD_MS, RELOAD_MS * 2 ** before));
  }

  async function listenTo(instance: string, one: Followed): Promise<void> {
    const { ended, talk } = one;
    let failures = 0;
    let since: string | undefined;
    if (!one.acquaintance.expectOpen) await talk.sleep(patience(0));
    while (!ended.signal.aborted) {
      const { namespace, access } = one.acquaintance;
      one.poll = new AbortController();
      const signal = AbortSignal.any([ended.signal, one.poll.signal]);
      try {
        const said = await status(namespace, since, signal);
        failures = 0;
        meet(instance, one, { orchestrator: said });
        const behind = said.accessGeneration < access.generation;
        if (behind) await pushAccess(namespace, access, signal);
        // Neither an orchestrator that takes nothing over nor one that answers at once may keep us busy.
        if (behind || said.version === since) await talk.sleep(EAGER_MS);
        since = behind ? undefined : said.version;
      } catch (error) {
        since = undefined;
        if (ended.signal.aborted) return;
        if (one.poll.signal.aborted) continue;
        failures += 1;
        if (failures === SILENT_AFTER || one.contact.orchestrator === undefined)
          meet(instance, one, { orchestrator: null });
        log("debug", "orchestrator does not answer", { instance, failures, error: String(error) });
        const eager = one.acquaintance.expectOpen && failures < EAGER_TRIES;
        await talk.sleep(eager ? EAGER_MS * 2 : patience(failures));
      }
    }
  }

  function begin(instance: string, acquaintance: Acquaintance): void {
    const one: Followed = {
      acquaintance,
      contact: noContact,
      doors: wakeableSleep(clock),
      talk: wakeableSleep(clock),
      ended: new AbortController(),
      poll: new AbortController(),
      loops: [],
    };
    followed.set(instance, one);
    const failed = (error: unknown) => log("error", "contact lost by a bug", { instance, error: String(error) });
    one.loops.push(knockOn(instance, one).catch(failed), listenTo(instance, one).catch(failed));
  }

  function end(one: Followed): Promise<unknown> {
    one.ended.abort();
    one.doors.wake();
    one.talk.wake();
    return Promise.all(one.loops);
  }

  return {
    of: (instance) => followed.get(instance)?.contact ?? noContact,
    follow(instance, acquaintance) {
      const one = followed.get(instance);
      if (!one) return begin(instance, acquaintance);
      const { expectOpen, access, certificate } = one.acquaintance;
      one.acquaintance = acquaintance;
      const moved = expectOpen !== acquaintance.expectOpen;
      if (moved || certificate !== acquaintance.certificate) one.doors.wake();
      if (moved) one.talk.wake();
      if (access.generation < acquaintance.access.generation) one.poll.abort();
    },
    forget(instance) {
      const one = followed.get(instance);
      followed.delete(instance);
      if (one) void end(one);
    },
    async close() {
      const all = [...followed.values()];
      followed.clear();
      await Promise.all(all.map(end));
    },
  };
}
