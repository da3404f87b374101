import type { RecentProblem } from "#core/messages.ts";

/** What went wrong lately, the same thing counted instead of repeated: the newest five. */
export class Problems {
  private readonly known = new Map<string, { l: "e" | "w"; c: string; m: string; n: number }>();

  note(level: "e" | "w", code: string, message: string): void {
    const key = `${level} ${code} ${message}`;
    const before = this.known.get(key);
    this.known.delete(key);
    this.known.set(key, { l: level, c: code, m: message.slice(0, 300), n: (before?.n ?? 0) + 1 });
    for (const oldest of this.known.keys()) {
      if (this.known.size <= 5) break;
      this.known.delete(oldest);
    }
  }

  newest(): RecentProblem[] {
    return [...this.known.values()].reverse();
  }
}
