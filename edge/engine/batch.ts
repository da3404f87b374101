/** How an event ended. The larger wins when an event went to several outputs. */
export const fate = { live: 0, filtered: 1, out: 2, dropped: 3, dead: 4 } as const;
export type Fate = (typeof fate)[keyof typeof fate];
export type Ending = Exclude<Fate, 0>;

/** Where a batch came from. Positions are the input's own affair: it learns by `committed` that all before it is done. */
export interface Origin {
  readonly input: string;
  readonly path: string;
  /** Of the first event. */
  readonly offset: number;
  readonly time: Date;
  committed(): void;
}

/**
 * What one turn of an input read: the unit of work, memory and acknowledgement. Nothing waits per event: outputs settle
 * events by their index, and the batch tells its owner once, when the last is settled.
 */
export class Batch {
  readonly origin: Origin;
  /** Bytes of the input that it stands for. */
  readonly bytes: number;
  /** What was read, as text; for dead letters. Empty for inputs that make their events. */
  readonly raws: readonly string[];
  readonly events: unknown[];
  readonly fates: Uint8Array;
  /** Outputs that have not settled an event yet; one is held for the processors. */
  private readonly waiting: Uint8Array;
  private left: number;
  private offsets: Float64Array | undefined;
  private readonly ended: (batch: Batch, index: number, ending: Ending) => void;
  private readonly settled: (batch: Batch) => void;

  constructor(
    content: { origin: Origin; bytes: number; raws: readonly string[]; events: unknown[] },
    ended: (batch: Batch, index: number, ending: Ending) => void,
    settled: (batch: Batch) => void,
  ) {
    this.origin = content.origin;
    this.bytes = content.bytes;
    this.raws = content.raws;
    this.events = content.events;
    this.fates = new Uint8Array(this.events.length);
    this.waiting = new Uint8Array(this.events.length).fill(1);
    this.left = this.events.length;
    this.ended = ended;
    this.settled = settled;
  }

  isLive(index: number): boolean {
    return this.left > 0 && this.waiting[index] !== 0;
  }

  /** More outputs than one take the event: each of them settles it. */
  share(index: number, outputs: number): void {
    this.waiting[index] = outputs;
  }

  /** One holder of the event is done with it. */
  settle(index: number, ending: Ending): void {
    const waiting = this.waiting[index] ?? 0;
    if (waiting === 0) throw new Error("an event was settled twice");
    this.waiting[index] = waiting - 1;
    const worst = Math.max(this.fates[index] ?? 0, ending) as Ending;
    this.fates[index] = worst;
    if (waiting > 1) return;
    this.events[index] = undefined;
    this.ended(this, index, worst);
    if (--this.left === 0) this.settled(this);
  }

  /** The byte at which an event starts in its file. Computed only when somebody asks. */
  offsetOf(index: number): number {
    if (!this.offsets) {
      this.offsets = new Float64Array(this.events.length);
      let at = this.origin.offset;
      for (let each = 0; each < this.offsets.length; each++) {
        this.offsets[each] = at;
        const raw = this.raws[each];
        at += raw === undefined ? 1 : Buffer.byteLength(raw) + 1;
      }
    }
    return this.offsets[index] ?? this.origin.offset;
  }
}
