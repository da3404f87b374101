import * as z from "zod";
import { signedHeaders } from "../aws-signature.ts";
import type { Lent } from "../eks/cluster-token.ts";
import type { GateKind } from "../gates.ts";
import { sendRequest } from "../request.ts";

const TIMEOUT_MS = 5_000;

const Alarm = z.object({ AlarmName: z.string(), StateValue: z.string(), StateReason: z.string().optional() });
const Found = z.object({ MetricAlarms: z.array(Alarm).default([]), CompositeAlarms: z.array(Alarm).default([]) });
const Failed = z.object({ __type: z.string(), message: z.string().optional(), Message: z.string().optional() });

export interface CloudWatch {
  readonly region: string;
  readonly credentials: () => Promise<Lent>;
  readonly now: () => number;
  /** Instead of the region's own. */
  readonly endpoint?: string;
}

/**
 * CloudWatch's alarms, metric and composite, by their names. OK is a yes and ALARM a no; one that lacks data, or is not there, has not
 * said anything. By the JSON protocol: the one call does not need a client of its own in every function's bundle.
 */
export const cloudwatchAlarms = ({ region, credentials, now, endpoint }: CloudWatch): GateKind<"alarm"> => ({
  async ask({ alarm }, _question, signal) {
    const url = new URL(endpoint ?? `https://monitoring.${region}.amazonaws.com/`);
    const body = JSON.stringify({ AlarmNames: [alarm], AlarmTypes: ["MetricAlarm", "CompositeAlarm"] });
    const headers = signedHeaders(
      {
        url,
        body,
        headers: {
          "content-type": "application/x-amz-json-1.0",
          "x-amz-target": "GraniteServiceVersion20100801.DescribeAlarms",
        },
      },
      { lent: await credentials(), region, service: "monitoring", now: now() },
    );
    const answer = await sendRequest({ method: "POST", url, headers, body, timeoutMs: TIMEOUT_MS, signal });
    const json: unknown = JSON.parse(answer.body);
    if (answer.status !== 200) {
      const { __type, message, Message } = Failed.parse(json);
      return { says: "not-yet", detail: `CloudWatch: ${__type.split("#").at(-1)}: ${message ?? Message ?? ""}` };
    }
    const { MetricAlarms, CompositeAlarms } = Found.parse(json);
    const found = [...MetricAlarms, ...CompositeAlarms].find(({ AlarmName }) => AlarmName === alarm);
    if (!found) return { says: "not-yet", detail: `there is no alarm ${alarm} in ${region}` };
    const detail = `alarm ${alarm} is ${found.StateValue}${found.StateReason ? `: ${found.StateReason}` : ""}`;
    return { says: says[found.StateValue] ?? "not-yet", detail };
  },
});

const says: Readonly<Record<string, "yes" | "no">> = { OK: "yes", ALARM: "no" };
