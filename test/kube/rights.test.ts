import { readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { aFolder, aloneCell, clear } from "./a-cell.ts";
import { auditedEntries } from "./audit-log.ts";
import { renderChart } from "./render-chart.ts";
import { type Json, theCluster } from "./the-cluster.ts";

const SLOW = 300_000;
const USER = "system:serviceaccount:cellplane-system:cell-agent";
/** Its account is lent to other tests, which do what it never would. */
const AGENT = "cellplane-cell-agent";
const sample = parse(readFileSync(resolve(import.meta.dirname, "../../examples/network-instance.yaml"), "utf8"));

/** Rights that the life of one network does not call for, and why the chart gives them. */
const reasons: Readonly<Record<string, string>> = {
  "get leases": "written every other second, and left out of audit logs for that",
  "create leases": "as above",
  "patch leases": "as above",
  "get limitranges": "trust.md: get, list and watch on every kind that is applied",
  "get nodes": "trust.md",
  "get persistentvolumeclaims": "trust.md",
  "get pods": "trust.md",
  "get resourcequotas": "trust.md",
  "get serviceaccounts": "trust.md",
  "get services": "the address of a service that the watch has not told yet",
  "get deployments": "trust.md",
  "get statefulsets": "trust.md",
  "get networkpolicies": "trust.md",
  "get poddisruptionbudgets": "trust.md",
  "get ingressroutes": "trust.md",
  "get ingressroutetcps": "trust.md",
  "get rolebindings": "trust.md",
  "get networkinstances": "what an order from the control plane is compared with",
  "get namespaces": "the agent's own, at its start",
  "create networkinstances": "by an order from the control plane",
  "delete networkinstances": "by an order from the control plane",
  "get storageclasses": "when a claim is to grow",
  "list storageclasses": "trust.md",
  "watch storageclasses": "trust.md",
  "watch nodes": "trust.md",
  "patch persistentvolumeclaims": "when a claim is to grow",
  "patch configmaps": "an epoch, keys that are pinned",
  "list configmaps": "tombstones",
  "delete configmaps": "tombstones that are a day old",
  "get events": "counting one on that was told before",
  "patch events": "counting one on that was told before",
};
/** After a watch was begun anew the agent lists what is left; and it deletes what a newer version of it makes no more. */
const seldom = (right: string): boolean => right.startsWith("list ") || right.startsWith("delete ");

describe("the rights that the chart gives to the agent", () => {
  const folder = aFolder();
  const cluster = theCluster();
  const instance = () => cluster.get("networkinstance", sample.metadata.name);

  beforeAll(async () => {
    await clear(cluster);
    await aloneCell(cluster, folder);
  }, SLOW);
  afterAll(async () => {
    await clear(cluster);
    rmSync(folder, { recursive: true, force: true });
  }, SLOW);

  it(
    "are enough for the life of a network, and none of them is more than is needed",
    async () => {
      const began = Date.now();
      cluster.apply(sample);
      await expect.poll(() => instance()?.status?.phase, { timeout: 120_000 }).toBe("ready");
      cluster.kubectl("-n", sample.metadata.name, "delete", "service", "orchestrator");
      await expect
        .poll(() => cluster.get("service", "orchestrator", sample.metadata.name)?.metadata.uid, { timeout: 60_000 })
        .toBeDefined();
      cluster.kubectl("delete", "networkinstance", sample.metadata.name, "--timeout=120s");

      const asked = requestsOfTheAgent();
      const allowed = new Set(asked.filter(({ code }) => code < 400).map(({ request }) => request));
      const refused = asked
        .filter(({ code, at, request }) => code === 403 && at > began && !allowed.has(request))
        .map(({ right }) => right);
      expect(refused).toEqual([]);
      const used = new Set(asked.map(({ right }) => right));
      const unused = rightsOfTheChart().filter((right) => !used.has(right) && !(right in reasons) && !seldom(right));
      expect(unused).toEqual([]);
    },
    SLOW,
  );
});

/** Each as `verb resource`. */
function rightsOfTheChart(): string[] {
  const roles = renderChart({}).filter(({ kind }: { kind?: string }) => /^(Cluster)?Role$/.test(kind ?? ""));
  return roles.flatMap(({ rules }: Json) =>
    rules.flatMap(({ resources, verbs }: { resources: string[]; verbs: string[] }) =>
      resources.flatMap((resource) => verbs.filter((verb) => verb !== "bind").map((verb) => `${verb} ${resource}`)),
    ),
  );
}

interface Asked {
  readonly right: string;
  readonly code: number;
  readonly at: number;
  /** The same for the same asked again: the API server learns of a binding a moment after it was made. */
  readonly request: string;
}

/** Since the API server began: all that this suite has had the agent do. A patch of what is not there is a create as well. */
function requestsOfTheAgent(): Asked[] {
  return auditedEntries()
    .filter((entry) => entry.includes(USER))
    .map((entry) => JSON.parse(entry) as Json)
    .filter(
      ({ stage, user, userAgent }) => stage !== "RequestReceived" && user.username === USER && userAgent === AGENT,
    )
    .flatMap(({ verb, objectRef, responseStatus, requestURI, requestReceivedTimestamp }) => {
      const { resource = "", subresource } = objectRef ?? {};
      const code: number = responseStatus?.code ?? 0;
      const of = subresource ? `${resource}/${subresource}` : resource;
      const same = { code, at: Date.parse(requestReceivedTimestamp), request: `${verb} ${requestURI}` };
      const made = verb === "patch" && code === 201 ? [{ ...same, right: `create ${of}` }] : [];
      return [{ ...same, right: `${verb} ${of}` }, ...made];
    });
}
