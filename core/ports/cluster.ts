import type { KubeObject, ObjectRef } from "../model/kube-object.ts";

/** Which objects a list or a watch is about. */
export interface ObjectQuery {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  /** All of these labels with these values. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A change seen by a watch: `begins`, one `present` per object there is, `synced`, then changes. */
export type ObjectEvent =
  | { readonly type: "begins" }
  | { readonly type: "present"; readonly object: KubeObject }
  | { readonly type: "gone"; readonly object: KubeObject }
  | { readonly type: "synced" };

/** An address that can be connected to. */
export interface Dial {
  readonly host: string;
  readonly port: number;
}

/** Where a network can be reached: what people are told, and where the agent itself connects (with `host` as SNI and Host). */
export interface NetworkAddresses {
  readonly host: string;
  readonly api: { readonly url: string; readonly dial: Dial };
  readonly nats: { readonly url: string; readonly dial: Dial };
}

/**
 * The agent's view of Kubernetes. Every call may fail with `unavailable` (try again); reads of what is not there are
 * `undefined`, never an error.
 */
export interface Cluster {
  get(ref: ObjectRef): Promise<KubeObject | undefined>;
  list(query: ObjectQuery): Promise<KubeObject[]>;
  /**
   * Calls `onEvent` in order until `signal` aborts. After a disconnect it goes on where it was, or, where that is not known any more,
   * begins anew: what was not `present` between the last `begins` and `synced` is gone, and nothing else tells that.
   */
  watch(query: ObjectQuery, onEvent: (event: ObjectEvent) => void, signal: AbortSignal): void;
  /**
   * Server-side apply under our one field manager: creates it, or brings the fields it names to these values and drops those
   * it named before and no longer does. Never touches `status`. With `metadata.resourceVersion` it is refused with
   * `conflict` when the object is not at that version any more ("" : must not exist yet).
   */
  apply(object: KubeObject): Promise<KubeObject>;
  /** Replaces the status; `conflict` if `resourceVersion` is given and old; `not-found` when the object is gone. */
  updateStatus(ref: ObjectRef, status: unknown, resourceVersion?: string): Promise<KubeObject>;
  /**
   * Asks for deletion; absent is success. An object with finalizers stays, with a `deletionTimestamp`, until an apply drops
   * them; what it owns goes with it, and a namespace takes all that is in it (pods included) before it is gone itself.
   */
  remove(ref: ObjectRef): Promise<void>;
  /** Drops one finalizer; absent object or finalizer is success. */
  removeFinalizer(ref: ObjectRef, finalizer: string): Promise<void>;
  /** Where the routes of `host` are reached; known before they exist, the same for the life of the host. */
  addressesOf(host: string): Promise<NetworkAddresses>;
  /** Where the agent connects to reach a service's port inside the cluster. `undefined` while there is none. */
  dial(service: { namespace: string; name: string; port: string }): Promise<Dial | undefined>;
}
