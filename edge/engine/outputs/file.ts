import { mkdirSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { compileText } from "#adapters/cel.ts";
import { type FileOutput, isLiteralPath } from "#core/model/pipeline/document.ts";
import { bytesOf } from "#core/model/pipeline/sizes.ts";
import { codeOf } from "../../failure.ts";
import { Appender, restore } from "../appender.ts";
import { type Batch, fate } from "../batch.ts";
import type { CommitLine } from "../commit-line.ts";
import { type Fail, type Output, type Surroundings, scopeOf } from "../component.ts";
import { encoder } from "../encode.ts";
import { mayWrite } from "../policy.ts";
import type { Saver } from "../saver.ts";

/** Descriptors that one output holds open; above it, the one unused for longest is closed. */
const MOST_OPEN = 64;
const RETRY_MS = 500;

/** Written from at once, never kept: a buffer of its own for each batch would be 10 MB of garbage at any time. */
const scratch = Buffer.allocUnsafe(256 * 1024);

/** Lines of one batch for one file. */
interface Portion {
  readonly batch: Batch;
  readonly seq: number;
  readonly path: string;
  readonly indexes: number[];
  readonly lines: string[];
}

/** Appends lines to files, in order. A file belongs to this output: what a checkpoint does not cover is cut off at the start. */
export function fileOutput(
  id: string,
  options: FileOutput,
  around: Surroundings,
  parts: { line: CommitLine; saver: Saver; fail: Fail },
): Output {
  const { policy, folder, clock } = around;
  const { line, saver, fail } = parts;
  const encode = encoder(options.format ?? "json", around.eventBytes);
  const rotation = options.rotate && { bytes: bytesOf(options.rotate.size), keep: options.rotate.keep ?? 5 };
  const open = new Map<string, Appender>();
  const queue: Portion[] = [];
  const closing = new AbortController();
  let blocked: string | undefined;

  for (const [path, mark] of saver.marksOf(id)) if (isAllowed(path)) restore(path, mark);
  const literal = isLiteralPath(options.path) ? resolve(folder, options.path) : undefined;
  if (literal !== undefined) {
    if (!isAllowed(literal))
      throw new Error(`${literal} may not be written: list it under \`write\` in this node's policy`);
    appenderOf(literal);
  }
  const pathOf = literal === undefined ? computed(options.path) : () => literal;

  function computed(source: string) {
    const compiled = compileText(source);
    const scope = scopeOf(around.node);
    return (batch: Batch, index: number) => {
      const path = resolve(folder, compiled(scope(batch, index)));
      if (!isAllowed(path))
        throw new Error(`${path} may not be written: list it under \`write\` in this node's policy`);
      return path;
    };
  }

  function isAllowed(path: string): boolean {
    return mayWrite(policy, folder, path);
  }

  /** The folder's real path is what the policy judges; the last part is never followed if it is a link. */
  function appenderOf(path: string): Appender {
    const known = open.get(path);
    if (known) {
      if (open.size > 1) {
        open.delete(path);
        open.set(path, known);
      }
      return known;
    }
    mkdirSync(dirname(path), { recursive: true });
    const real = join(realpathSync(dirname(path)), basename(path));
    if (!mayWrite(policy, realpathSync(folder), real) && !isAllowed(real))
      throw Object.assign(new Error(`${path} leads to ${real}, which may not be written`), { isRefused: true });
    const appender = new Appender(path, rotation);
    saver.adopt(id, appender);
    open.set(path, appender);
    closeUnused();
    return appender;
  }

  function closeUnused(): void {
    for (const [path, appender] of open) {
      if (open.size <= MOST_OPEN) return;
      if (!appender.isAllCommitted()) continue;
      saver.release(id, appender);
      appender.close();
      open.delete(path);
    }
  }

  function put({ batch, seq, path, indexes, lines }: Portion): void {
    let appender: Appender;
    try {
      appender = appenderOf(path);
    } catch (error) {
      // A full disk or a missing folder passes; a path that leads astray is this event's own fault.
      if (!(error instanceof Error && "isRefused" in error) && codeOf(error) !== "ELOOP" && codeOf(error) !== "EISDIR")
        throw error;
      for (const index of indexes) fail(batch, index, error);
      return;
    }
    const text = `${lines.join("\n")}\n`;
    const bytes = text.length * 3 > scratch.length ? Buffer.from(text) : scratch.subarray(0, scratch.write(text));
    appender.append(seq, bytes);
    for (const index of indexes) batch.settle(index, fate.out);
  }

  function pump(): void {
    try {
      for (let portion = queue[0]; portion; portion = queue[0]) {
        put(portion);
        queue.shift();
      }
      blocked = undefined;
    } catch (error) {
      const reason = `${queue[0]?.path}: ${error instanceof Error ? error.message : String(error)}`;
      around.problem("e", "file-not-written", reason);
      blocked = reason;
      void clock.sleep(RETRY_MS, closing.signal).then(() => {
        if (!closing.signal.aborted) pump();
      });
    }
  }

  return {
    write(batch, indexes) {
      const seq = line.numberOf(batch);
      const portions = new Map<string, Portion>();
      for (const index of indexes) {
        try {
          const path = pathOf(batch, index);
          const text = encode(batch.events[index]);
          const portion = portions.get(path) ?? { batch, seq, path, indexes: [], lines: [] };
          portion.indexes.push(index);
          portion.lines.push(text);
          portions.set(path, portion);
        } catch (error) {
          fail(batch, index, error);
        }
      }
      queue.push(...portions.values());
      if (blocked === undefined) pump();
    },
    flush: () => {},
    blocked: () => blocked,
    close() {
      closing.abort();
      for (const appender of open.values()) appender.close();
      open.clear();
    },
  };
}
