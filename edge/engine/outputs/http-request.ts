import { lookup as lookupAddress } from "node:dns";
import { type Agent, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { isIP } from "node:net";
import { mayDial, type Policy } from "../policy.ts";

export interface Posting {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly timeoutMs: number;
  readonly agent: Agent;
  readonly policy: Policy;
  readonly signal: AbortSignal;
}

/** Rejected because the address is none that this node may dial. */
export class NotAllowed extends Error {}

/**
 * Sends one request and answers its status. The name is resolved, each address is judged, and exactly a judged address is
 * connected to, so that a second answer of the name server changes nothing. Redirects are not followed.
 */
export function post({ url, method, headers, body, timeoutMs, agent, policy, signal }: Posting): Promise<number> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const refusal = (address: string) =>
    new NotAllowed(`${host}:${port} (${address}) may not be dialled: list it under \`dial\` in this node's policy`);
  if (isIP(host) && !mayDial(policy, host, port, host)) return Promise.reject(refusal(host));
  return new Promise<number>((resolve, reject) => {
    const send = url.protocol === "https:" ? tlsRequest : plainRequest;
    const sent = send(
      url,
      {
        method,
        agent,
        signal,
        headers: { ...headers, "content-length": body.length },
        lookup(name, options, found) {
          lookupAddress(name, { ...options, all: true }, (error, addresses) => {
            if (error) return found(error, []);
            const allowed = addresses.filter(({ address }) => mayDial(policy, host, port, address));
            const [first] = allowed;
            if (!first) return found(refusal(addresses[0]?.address ?? "no address"), []);
            if (options.all) return found(null, allowed);
            return found(null, first.address, first.family);
          });
        },
      },
      (answer) => {
        answer.resume();
        answer.on("end", () => resolve(answer.statusCode ?? 0));
        answer.on("error", reject);
      },
    );
    sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    sent.on("error", reject);
    sent.end(body);
  });
}
