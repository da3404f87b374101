import { createHash, createPublicKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createCa } from "#adapters/x509.ts";
import type { KubeObject } from "#core/model/kube-object.ts";
import { type Doors, usualDoors } from "../../cell-agent/doors.ts";
import { manifestsOf } from "../../cell-agent/manifests-of.ts";
import { anInstance, ingredients, now } from "./a-network.ts";

const made = ingredients();
const manifests = (doors: Partial<Doors>): KubeObject[] =>
  manifestsOf(anInstance(), { ...made, cell: { ...made.cell, doors: { ...usualDoors, ...doors } } }).flat();
const one = (objects: KubeObject[], kind: string) => JSON.stringify(objects.find((object) => object.kind === kind));
const conf = (objects: KubeObject[]) => {
  const { data } = objects.find(({ kind, metadata }) => kind === "Secret" && metadata.name === "nats") as {
    data?: Record<string, string>;
  };
  return Buffer.from(data?.["nats.conf"] ?? "", "base64").toString();
};

describe("the doors of a cell", () => {
  it("show Traefik's own certificate, or the one of a Secret by name", () => {
    expect(one(manifests({}), "IngressRoute")).toContain('"tls":{}');
    expect(one(manifests({ apiTlsSecret: "wildcard" }), "IngressRoute")).toContain('"tls":{"secretName":"wildcard"}');
  });

  it("pass the NATS handshake through by name, to this network's own broker, whatever else is set", () => {
    for (const doors of [{}, { apiTlsSecret: "wildcard" }, { natsProxyProtocol: true }]) {
      const route = JSON.parse(one(manifests(doors), "IngressRouteTCP"));
      expect(route.spec.tls).toEqual({ passthrough: true });
      expect(route.spec.routes).toMatchObject([{ match: `HostSNI(\`${made.addresses.host}\`)` }]);
      expect(route.spec.routes[0].services).toMatchObject([{ name: "nats", port: 4222 }]);
      expect(route.spec.routes[0].services[0].namespace).toBeUndefined();
    }
  });

  it("speak the PROXY protocol at both ends, or at neither", () => {
    expect([one(manifests({}), "IngressRouteTCP"), conf(manifests({}))].join()).not.toMatch(/proxy/i);
    const asked = manifests({ natsProxyProtocol: true });
    expect(one(asked, "IngressRouteTCP")).toContain('"proxyProtocol":{"version":2}');
    expect(conf(asked)).toMatch(/^proxy_protocol: true$/m);
  });

  it("tell nodes the pin of a CA that nobody else trusts", () => {
    const ca = createCa({ name: "the operator's", now, days: 1 });
    const spki = createPublicKey(ca.keyPem).export({ type: "spki", format: "der" });
    const pin = createHash("sha256").update(spki).digest("base64url");
    expect(one(manifests({}), "Deployment")).not.toContain("CELLPLANE_API_PIN");
    expect(one(manifests({ apiCaPem: ca.certPem }), "Deployment")).toContain(
      `{"name":"CELLPLANE_API_PIN","value":"${pin}"}`,
    );
  });
});
