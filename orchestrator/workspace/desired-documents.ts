import { createHash } from "node:crypto";
import { type Nkey, nkeyOfSeed, rawOfPublicNkey } from "#adapters/nats/nkey.ts";
import { type DesiredDocument, INLINE_LIMIT_BYTES, subjects } from "#core/messages.ts";
import { canonicalJson } from "#core/model/canonical.ts";
import type { Deployment } from "#core/model/deployment.ts";
import { decidedOn, desiredContent, type InForce } from "#core/model/desired.ts";
import { labelsOf, type NodeRecord } from "#core/model/node.ts";
import { requirementsOf } from "#core/model/selector.ts";
import { timestampOf } from "#core/model/time.ts";
import type { Clock, Log } from "#core/ports.ts";
import type { WorkspaceStore } from "./open-workspace.ts";

/** Documents written side by side. */
const AT_ONCE = 100;

/**
 * Keeps one desired document per node at what the deployments say. Level-triggered: it is given names of nodes and compares
 * what should be with what is, so nothing depends on which change woke it, and a second pass writes nothing.
 */
export class DesiredDocuments {
  readonly #store: WorkspaceStore;
  #config: Nkey;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #isLeader: () => boolean;
  readonly #due = new Set<string>();
  #inForce: readonly InForce[] = [];
  #turning: Promise<void> | undefined;

  constructor(store: WorkspaceStore, { clock, log, isLeader }: { clock: Clock; log: Log; isLeader: () => boolean }) {
    this.#store = store;
    this.#config = nkeyOfSeed(store.keys.config);
    this.#clock = clock;
    this.#log = log;
    this.#isLeader = isLeader;
    this.#deploymentsChanged();
    store.deployments.onChange(() => this.#deploymentsChanged());
    store.nodes.onChange((id) => this.wake(id));
  }

  /** The public halves that nodes check signatures with: of the key in use, and of the one that will take over. */
  configKeys(): { kid: string; pub: string }[] {
    const { nextConfig } = this.#store.keys;
    return [this.#config, ...(nextConfig ? [nkeyOfSeed(nextConfig.seed)] : [])].map(({ public: kid }) => ({
      kid,
      pub: rawOfPublicNkey(kid).toString("base64url"),
    }));
  }

  /** The workspace has other keys: what was signed with another is signed anew. */
  keysChanged(): void {
    this.#config = nkeyOfSeed(this.#store.keys.config);
    this.wakeAll();
  }

  decidedOn(record: NodeRecord): Map<string, Deployment> {
    return decidedOn(labelsOf(record), this.#inForce);
  }

  isIdle(): boolean {
    return this.#due.size === 0 && !this.#turning;
  }

  /** Looks at one node, soon. */
  wake(id: string): void {
    this.#due.add(id);
    this.#turn();
  }

  wakeAll(): void {
    for (const { key } of this.#store.nodes.rows()) this.#due.add(key);
    this.#turn();
  }

  /** Goes on with what could not be done before. */
  again(): void {
    if (this.#due.size > 0) this.#turn();
  }

  /** Resolves once everything due was looked at. */
  async settled(): Promise<void> {
    while (this.#turning !== undefined) await this.#turning;
  }

  /** Tells a node what is there for it, with the document where it is small. */
  poke(id: string): void {
    const document = this.#store.desired.get(id);
    if (!document) return;
    const whole = JSON.stringify(document);
    const fits = Buffer.byteLength(whole) <= INLINE_LIMIT_BYTES;
    const { gen, hash } = document;
    this.#store.bus.publish(subjects.desired(id), fits ? whole : JSON.stringify({ gen, hash }));
  }

  #deploymentsChanged(): void {
    this.#inForce = this.#store.deployments
      .values()
      .filter(({ state }) => state !== "superseded")
      .map((deployment) => ({ deployment, requirements: requirementsOf(deployment.selector) }));
    this.wakeAll();
  }

  #turn(): void {
    if (this.#turning || !this.#isLeader()) return;
    this.#turning = this.#work().finally(() => {
      this.#turning = undefined;
    });
  }

  async #work(): Promise<void> {
    // First what came in the same turn of the event loop, so that a burst of changes is one look at each node.
    await Promise.resolve();
    while (this.#due.size > 0 && this.#isLeader()) {
      const some = [...this.#due].slice(0, AT_ONCE);
      for (const id of some) this.#due.delete(id);
      const done = await Promise.allSettled(some.map((id) => this.#bring(id)));
      const failed = some.filter((_, at) => done[at]?.status === "rejected");
      if (failed.length === 0) continue;
      const first = done.find((each) => each.status === "rejected");
      this.#log("warn", "desired documents could not be written", { nodes: failed.length, why: String(first?.reason) });
      for (const id of failed) this.#due.add(id);
      return; // The next sweep goes on: the broker is away.
    }
  }

  /** Brings one node's document to what it should be. */
  async #bring(id: string): Promise<void> {
    const record = this.#store.nodes.get(id);
    const current = this.#store.desired.get(id);
    if (!record || record.status === "revoked") {
      if (current) await this.#store.desired.remove(id);
      return;
    }
    const labels = labelsOf(record);
    const content = desiredContent(labels, this.#inForce);
    const hash = createHash("sha256").update(canonicalJson(content)).digest("hex");
    if (!current && content.pipelines.length === 0) return;
    const sameLabels = canonicalJson(current?.labels ?? {}) === canonicalJson(labels);
    if (current?.hash === hash && sameLabels && current.kid === this.#config.public) return;

    const next = (gen: number): DesiredDocument => {
      const issuedAt = timestampOf(this.#clock.now());
      const body = { v: 1 as const, node: id, gen, hash, issuedAt, ...content, labels, kid: this.#config.public };
      return { ...body, sig: this.#config.sign(Buffer.from(canonicalJson(body))).toString("base64url") };
    };
    if (current) await this.#store.desired.change(id, ({ gen }) => next(gen + 1));
    else await this.#store.desired.create(id, next(1));
    this.poke(id);
  }
}
