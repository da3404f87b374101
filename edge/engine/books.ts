import { type Ending, fate } from "./batch.ts";

/** Events since the pipeline started. At any instant `in` = out + filtered + dropped + dead + held. */
export interface Counters {
  readonly in: number;
  readonly out: number;
  readonly filtered: number;
  readonly dropped: number;
  readonly dead: number;
  readonly held: number;
  /** Failures of steps, whatever became of the event. */
  readonly errors: number;
  readonly lagBytes: number;
}

export class Books {
  in = 0;
  held = 0;
  errors = 0;
  private readonly ended = [0, 0, 0, 0, 0];

  enter(events: number): void {
    this.in += events;
    this.held += events;
  }

  end(ending: Ending): void {
    this.held--;
    this.ended[ending] = (this.ended[ending] ?? 0) + 1;
  }

  counters(lagBytes: number): Counters {
    const of = (ending: Ending) => this.ended[ending] ?? 0;
    return {
      in: this.in,
      out: of(fate.out),
      filtered: of(fate.filtered),
      dropped: of(fate.dropped),
      dead: of(fate.dead),
      held: this.held,
      errors: this.errors,
      lagBytes,
    };
  }
}
