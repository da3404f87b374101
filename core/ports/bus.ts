/** Ends what it was returned for; calling it again does nothing. */
export type Stop = () => void;

/** A value in a bucket, as it was read: `revision` is what a conditional write must still find. */
export interface KvEntry {
  readonly key: string;
  readonly value: string;
  readonly revision: number;
}

/** A change of a key; without a value it was removed. */
export interface KvChange extends Omit<KvEntry, "value"> {
  readonly value: string | undefined;
}

/** A small durable table. Refuses with `conflict` where a condition does not hold, with `unavailable` to be tried again. */
export interface KvBucket {
  get(key: string): Promise<KvEntry | undefined>;
  /** Refuses with `conflict` when the key has a value. Like all writes it answers the new revision. */
  create(key: string, value: string): Promise<number>;
  /** Refuses with `conflict` when the key is not at `revision` any more. */
  replace(key: string, value: string, revision: number): Promise<number>;
  put(key: string, value: string): Promise<number>;
  /** Absent is success. */
  remove(key: string): Promise<void>;
  /** Everything that has a value now. */
  entries(): Promise<KvEntry[]>;
  /**
   * Calls `onChange` for every key there is, then for every change; resolves after the first part. Heals itself after a
   * disconnect by starting over, so that a key may be told of again but no last state is missed.
   */
  watch(onChange: (change: KvChange) => void): Promise<Stop>;
}

export interface BucketSettings {
  /** How many values of a key are kept. */
  readonly history?: number;
  readonly maxValueBytes?: number;
  /** Values go away by themselves after this time. */
  readonly ttlMs?: number;
}

export interface StreamSettings {
  readonly subjects: readonly string[];
  readonly maxAgeMs: number;
  readonly maxBytes?: number;
  /** Nobody can take anything out of it before its time. */
  readonly appendOnly?: boolean;
  /** Publishers get no answer from the stream. */
  readonly noAck?: boolean;
  /** A message with the same `Nats-Msg-Id` within this time is kept once. */
  readonly duplicateWindowMs?: number;
}

export interface BusMessage {
  readonly subject: string;
  readonly data: string;
  /** Answers it, where the sender waits for an answer. */
  reply(data: string): void;
}

/** One account of a broker: messages, small tables, streams. Survives restarts of the broker by itself. */
export interface Bus {
  /** Opens it, creating it with these settings when it is not there. */
  bucket(name: string, settings?: BucketSettings): Promise<KvBucket>;
  /** Removes it with all it holds; absent is success. */
  removeBucket(name: string): Promise<void>;
  /** Makes sure that the stream is there. */
  stream(name: string, settings: StreamSettings): Promise<void>;
  /** Removes it with all it holds; absent is success. */
  removeStream(name: string): Promise<void>;
  /** Publishes to a stream; resolves once it is kept. */
  append(subject: string, data: string): Promise<void>;
  /** At most once; nobody may be listening. */
  publish(subject: string, data: string): void;
  /** Refuses with `unavailable` when nobody answers in time. */
  request(subject: string, data: string, timeoutMs: number): Promise<string>;
  subscribe(subject: string, onMessage: (message: BusMessage) => void): Stop;
  /** Resolves once the broker has taken everything published and every subscription made so far. */
  flush(): Promise<void>;
  /** False between a disconnect and the reconnect. */
  isConnected(): boolean;
  /** Calls `act` each time the connection was lost and is there again. */
  onReconnect(act: () => void): void;
  close(): Promise<void>;
}
