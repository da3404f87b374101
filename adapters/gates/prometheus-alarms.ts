import * as z from "zod";
import type { GateKind } from "../gates.ts";
import { sendRequest } from "../request.ts";
import { jsonOf } from "./json-of.ts";

const TIMEOUT_MS = 5_000;

/** What is read of the answer to an instant query. */
const Answer = z.union([
  z.object({
    status: z.literal("success"),
    data: z.object({
      resultType: z.string(),
      result: z.array(z.unknown()),
    }),
  }),
  z.object({ status: z.literal("error"), error: z.string() }),
]);
const Sample = z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) });

/**
 * Alarms as Prometheus has them: an expression such as `rate(errors[5m]) > 1`, which gives nothing while all is well. Whatever it
 * gives is an alarm, as in an alerting rule; also a sample of 0, which `> bool` makes.
 */
export const prometheusAlarms = (base: string): GateKind<"alarm"> => ({
  async ask({ alarm }, _question, signal) {
    const url = new URL("api/v1/query", base.endsWith("/") ? base : `${base}/`);
    url.searchParams.set("query", alarm);
    const { status, body } = await sendRequest({ method: "GET", url, timeoutMs: TIMEOUT_MS, signal });
    const parsed = Answer.safeParse(jsonOf(body));
    if (!parsed.success) return { says: "not-yet", detail: `Prometheus answered ${status} and no result` };
    if (parsed.data.status === "error") return { says: "not-yet", detail: `Prometheus: ${parsed.data.error}` };
    const { resultType, result } = parsed.data.data;
    if (resultType !== "vector")
      return { says: "not-yet", detail: `the query gives a ${resultType}: it must give an instant vector` };
    if (result.length === 0) return { says: "yes", detail: `no alarm: ${alarm}` };
    const first = Sample.safeParse(result[0]);
    const example = first.success ? ` with ${labelsOf(first.data.metric)} at ${first.data.value[1]}` : "";
    return { says: "no", detail: `alarm (${result.length})${example}: ${alarm}` };
  },
});

const labelsOf = (metric: Readonly<Record<string, string>>): string =>
  `{${Object.entries(metric)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(", ")}}`;
