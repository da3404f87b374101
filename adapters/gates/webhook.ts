import { createHmac } from "node:crypto";
import { lookup } from "node:dns/promises";
import * as z from "zod";
import type { GateAnswer, GateQuestion } from "#core/model/rollout/gate.ts";
import type { Clock } from "#core/ports.ts";
import type { GateKind } from "../gates.ts";
import { type HttpAnswer, sendRequest } from "../request.ts";
import { jsonOf } from "./json-of.ts";
import { isPublicAddress } from "./public-address.ts";

const ATTEMPT_MS = 3_000;
const FIRST_PAUSE_MS = 250;

const Said = z.object({ pass: z.boolean(), reason: z.string().default("") });

export interface Webhooks {
  /** The key that signs what is sent; asked for when the first is. */
  readonly secret: () => Promise<string>;
  /** Origins such as `http://127.0.0.1:9000` that may be private or without TLS. */
  readonly allowed: readonly string[];
  readonly clock: Clock;
  /** Where a host is. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

/**
 * Gates that answer a signed POST: 200 with `{ "pass": true | false, "reason" }`, or 202 for not yet. Signed as Standard Webhooks
 * are: base64 HMAC-SHA256 over `<webhook-id>.<webhook-timestamp>.<body>`.  * What a rollout's author writes must not reach into our own networks: only public addresses over https, unless the installation
 * allows an origin, and the address that was judged is the one that is dialled. Redirects are not followed.
 */
export function webhookGates({ secret, allowed, clock, resolve = addressesOf }: Webhooks): GateKind<"webhook"> {
  const isAllowed = (url: URL) => allowed.includes(url.origin);
  const whyNot = (url: URL): string | undefined => {
    if (url.username || url.password) return "asked with a user or password in its URL: the signature says who asks";
    return isAllowed(url) || url.protocol === "https:"
      ? undefined
      : "asked without https: its answer decides about the fleet";
  };
  return {
    whyNot: ({ url }) => whyNot(new URL(url)),
    async ask({ url: text, retries }, question, signal) {
      const url = new URL(text);
      const why = whyNot(url);
      if (why) return { says: "not-yet", detail: `the webhook cannot be ${why}` };
      // One question has one id, however often it is sent; who is asked again later is asked another.
      const asking = { url, body: JSON.stringify(question), id: idOf(question, clock.now()), signal };
      for (let attempt = 0; ; attempt++) {
        const found = await send(asking).catch((error: unknown) => String(error));
        const answer = typeof found === "string" ? undefined : read(found);
        if (answer) return answer;
        const trouble = typeof found === "string" ? found : `it answered ${found.status}`;
        if (attempt >= retries || signal.aborted)
          return { says: "not-yet", detail: `the webhook of ${url.host} could not be asked: ${trouble}` };
        await clock.sleep(FIRST_PAUSE_MS * 2 ** attempt, signal);
      }
    },
  };

  async function send({ url, body, id, signal }: Sending): Promise<HttpAnswer> {
    const dial = isAllowed(url) ? {} : { dial: await publicPlaceOf(url) };
    const at = String(Math.floor(clock.now() / 1_000));
    const signature = createHmac("sha256", await secret())
      .update(`${id}.${at}.${body}`)
      .digest("base64");
    const headers = {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": at,
      "webhook-signature": `v1,${signature}`,
    };
    return sendRequest({ method: "POST", url, headers, body, timeoutMs: ATTEMPT_MS, signal, ...dial });
  }

  async function publicPlaceOf(url: URL): Promise<{ host: string; port: number }> {
    const addresses = await resolve(url.hostname.replace(/^\[|\]$/g, ""));
    const [host] = addresses;
    if (host === undefined || !addresses.every(isPublicAddress))
      throw new Error(`${url.hostname} is not a public address, and ${url.origin} is not among CELLPLANE_GATE_ORIGINS`);
    return { host, port: Number(url.port || 443) };
  }
}

interface Sending {
  readonly url: URL;
  readonly body: string;
  readonly id: string;
  readonly signal: AbortSignal;
}

const addressesOf = async (host: string): Promise<string[]> =>
  (await lookup(host, { all: true })).map(({ address }) => address);

const idOf = ({ rollout, gate }: GateQuestion, now: number): string => `${rollout}.gate-${gate}.${now}`;

/** What was said, or undefined where asking again may help. */
function read({ status, body }: HttpAnswer): GateAnswer | undefined {
  if (status >= 500 || status === 429 || status === 408) return undefined;
  if (status === 202) return { says: "not-yet", detail: "the webhook has not decided yet" };
  if (status >= 300 && status < 400)
    return { says: "not-yet", detail: `it answered ${status}: redirects are not followed` };
  if (status !== 200) return { says: "not-yet", detail: `it answered ${status}` };
  const said = Said.safeParse(jsonOf(body));
  if (!said.success) return { says: "not-yet", detail: 'it answered 200 without { "pass": true | false }' };
  const { pass, reason } = said.data;
  return { says: pass ? "yes" : "no", detail: reason || (pass ? "the webhook passed it" : "the webhook said no") };
}
