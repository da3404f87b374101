import { Agent as PlainAgent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { millisecondsOf } from "#core/model/duration.ts";
import type { BatchLimits, HttpOutput } from "#core/model/pipeline/document.ts";
import { bytesOf } from "#core/model/pipeline/sizes.ts";
import { type Batch, fate } from "../batch.ts";
import type { Fail, Output, Surroundings } from "../component.ts";
import { encoder } from "../encode.ts";
import { post } from "./http-request.ts";
import { isRetried, retryDelayMs } from "./retry.ts";

const IN_FLIGHT = 4;
const defaults = { events: 1000, bytes: "1MiB", age: "1s", timeout: "30s" } as const;

interface Item {
  readonly batch: Batch;
  readonly index: number;
  readonly text: string;
}

/**
 * Posts events in requests of limited events, bytes and age. What may pass is tried again without end, so the pipeline
 * waits for an output that is down; what the server refuses is halved until the event that it refuses stands alone.
 */
export function httpOutput(options: HttpOutput, limits: BatchLimits, around: Surroundings, fail: Fail): Output {
  const { clock, policy, secrets } = around;
  const url = new URL(options.url);
  const mostEvents = limits.events ?? defaults.events;
  // A pipeline in flight must hold a whole request, or its size would never be reached.
  const mostBytes = Math.min(bytesOf(limits.bytes ?? defaults.bytes), around.inFlightBytes);
  const ageMs = millisecondsOf(limits.age ?? defaults.age);
  const timeoutMs = millisecondsOf(options.timeout ?? defaults.timeout);
  const isArray = options.format === "json";
  const headers: Record<string, string> = {
    ...options.headers,
    "content-type": isArray ? "application/json" : "application/x-ndjson",
  };
  if (options.auth) {
    const { secret } = options.auth.bearer;
    if (secrets[secret] === undefined)
      throw new Error(`the secret \`${secret}\` is not on this node: secrets are not distributed yet`);
    headers.authorization = `Bearer ${secrets[secret]}`;
  }
  const encode = encoder("json", around.eventBytes);
  const Agent = url.protocol === "https:" ? TlsAgent : PlainAgent;
  const lanes = options.ordered ? 1 : IN_FLIGHT;
  const agent = new Agent({ keepAlive: true, maxSockets: lanes });
  const closing = new AbortController();
  let open: Item[] = [];
  let openBytes = 0;
  let openSince: number | undefined;
  const ready: Item[][] = [];
  let flying = 0;
  let blocked: string | undefined;

  function cut(): void {
    if (open.length === 0) return;
    ready.push(open);
    open = [];
    openBytes = 0;
    openSince = undefined;
    pump();
  }

  function pump(): void {
    while (flying < lanes) {
      const items = ready.shift();
      if (!items) return;
      flying++;
      void deliver(items).finally(() => {
        flying--;
        if (!closing.signal.aborted) pump();
      });
    }
  }

  async function deliver(items: Item[]): Promise<void> {
    const status = await insist(items);
    if (status === undefined) return;
    if (status >= 200 && status < 300) {
      for (const { batch, index } of items) batch.settle(index, fate.out);
      return;
    }
    const [only] = items;
    if (only && items.length === 1) {
      fail(only.batch, only.index, new Error(`the server answered ${status}`));
      return;
    }
    const half = Math.ceil(items.length / 2);
    await deliver(items.slice(0, half));
    await deliver(items.slice(half));
  }

  /** Until the server has decided; `undefined` when the pipeline ended before. */
  async function insist(items: readonly Item[]): Promise<number | undefined> {
    const texts = items.map(({ text }) => text);
    const body = Buffer.from(isArray ? `[${texts.join(",")}]` : `${texts.join("\n")}\n`);
    for (let attempt = 1; !closing.signal.aborted; attempt++) {
      let reason: string;
      try {
        const signal = closing.signal;
        const status = await post({
          url,
          method: options.method ?? "POST",
          headers,
          body,
          timeoutMs,
          agent,
          policy,
          signal,
        });
        if (!isRetried(status)) {
          blocked = undefined;
          return status;
        }
        reason = `${url.host} answered ${status}`;
      } catch (error) {
        if (closing.signal.aborted) return undefined;
        reason = error instanceof Error ? error.message : String(error);
      }
      blocked = reason;
      around.problem("w", "http-not-delivered", reason);
      await clock.sleep(retryDelayMs(attempt, clock.random()), closing.signal);
    }
    return undefined;
  }

  /** One timer for the oldest open request, not one per event. */
  function watchAge(): void {
    const since = clock.now();
    openSince = since;
    void clock.sleep(ageMs, closing.signal).then(() => {
      if (openSince === since && !closing.signal.aborted) cut();
    });
  }

  return {
    write(batch, indexes) {
      for (const index of indexes) {
        let text: string;
        try {
          text = encode(batch.events[index]);
        } catch (error) {
          fail(batch, index, error);
          continue;
        }
        const bytes = Buffer.byteLength(text) + 1;
        if (open.length > 0 && openBytes + bytes > mostBytes) cut();
        if (open.length === 0) watchAge();
        open.push({ batch, index, text });
        openBytes += bytes;
        if (open.length >= mostEvents) cut();
      }
    },
    flush: cut,
    blocked: () => blocked,
    close() {
      closing.abort();
      agent.destroy();
    },
  };
}
