import { Batch, type Ending } from "./batch.ts";
import { Books } from "./books.ts";
import type { CommitLine } from "./commit-line.ts";
import type { EngineClock, Fail, Intake, Processor } from "./component.ts";
import { Problems } from "./problems.ts";
import { MOST_UNSAVED_BYTES, type Saver } from "./saver.ts";

interface Connections {
  readonly saver: Saver;
  readonly processors: readonly Processor[];
  readonly deliver: (batch: Batch) => void;
  readonly refuse: (input: string) => Fail;
  readonly eventBytes: number;
}

/** The way of a batch from an input through the processors to the outputs and back as an acknowledgement. */
export class Flow {
  readonly line: CommitLine;
  readonly books = new Books();
  readonly problems = new Problems();
  readonly inFlightBytes: number;
  /** Resolves when the pipeline cannot go on. */
  readonly failed: Promise<Error>;
  progressAt: number;
  /** No input may hand in any more. */
  isStopping = false;
  /** Nothing may be settled any more: outputs and files are closed. */
  isEnded = false;
  failure: Error | undefined;
  private readonly clock: EngineClock;
  private bytes = 0;
  private waiting: (() => void)[] = [];
  private connections: Connections | undefined;
  private readonly reportFailure: (error: Error) => void;

  constructor(parts: { line: CommitLine; clock: EngineClock; inFlightBytes: number }) {
    this.line = parts.line;
    this.clock = parts.clock;
    this.inFlightBytes = parts.inFlightBytes;
    this.progressAt = parts.clock.now();
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.failed = promise;
    this.reportFailure = resolve;
  }

  connect(connections: Connections): void {
    this.connections = connections;
  }

  fail(error: Error): void {
    if (this.failure) return;
    this.failure = error;
    this.problems.note("e", "pipeline-failed", error.message);
    this.stopInputs();
    this.reportFailure(error);
  }

  stopInputs(): void {
    this.isStopping = true;
    this.wake();
  }

  /** Looks again whether there is room. */
  wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resume of waiting) resume();
  }

  intakeOf(input: string): Intake {
    return {
      room: async () => {
        while (!this.isStopping && this.isFull()) await new Promise<void>((resolve) => this.waiting.push(resolve));
        return !this.isStopping;
      },
      take: (reading) => this.run(this.enter(input, reading, reading.events), input),
      refuse: (reading, reason) => {
        const batch = this.enter(input, reading, [{ raw: reading.raws[0] ?? "" }]);
        this.connections?.refuse(input)(batch, 0, new Error(reason));
      },
    };
  }

  private isFull(): boolean {
    return this.bytes >= this.inFlightBytes || (this.connections?.saver.unsavedBytes ?? 0) >= MOST_UNSAVED_BYTES;
  }

  private enter(input: string, reading: Omit<Parameters<Intake["take"]>[0], "events">, events: unknown[]): Batch {
    const origin = {
      input,
      path: reading.path,
      offset: reading.offset,
      time: new Date(this.clock.wall()),
      committed: reading.committed,
    };
    const batch = new Batch(
      { origin, bytes: reading.bytes, raws: reading.raws, events },
      (_batch, _index, ending) => this.end(ending),
      (settled) => this.settled(settled),
    );
    this.line.enter(batch);
    if (this.books.held === 0) this.progressAt = this.clock.now();
    this.books.enter(events.length);
    this.bytes += reading.bytes;
    return batch;
  }

  private run(batch: Batch, input: string): void {
    const { connections } = this;
    if (batch.events.length === 0) this.settled(batch);
    if (batch.events.length === 0 || !connections) return;
    for (const [index, raw] of batch.raws.entries())
      if (raw.length > connections.eventBytes)
        connections.refuse(input)(
          batch,
          index,
          new Error(`the event is larger than eventBytes (${connections.eventBytes})`),
        );
    for (const processor of connections.processors) {
      processor.run(batch);
      if (this.failure) return;
    }
    connections.deliver(batch);
  }

  private end(ending: Ending): void {
    this.books.end(ending);
    this.progressAt = this.clock.now();
  }

  private settled(batch: Batch): void {
    this.bytes -= batch.bytes;
    const committed = this.line.settle(batch);
    if (!this.isEnded) this.connections?.saver.committed(committed);
    if (this.waiting.length > 0) this.wake();
  }
}
