import { describe, expect, it } from "vitest";
import { argumentsOf, environmentOf, servicesIn } from "../../../../standalone/cluster/kubelet/environment.ts";

const around = {
  ports: { http: 20_001, "client-tls": 20_002 },
  mounts: { "/etc/keys": "/local/keys", "/etc": "/local/etc", "/data/": "/local/data" },
  services: { "nats.net-1.svc:4222": 20_100 },
};
const resolve = (value: string, literal = false) => environmentOf([{ name: "X", value, literal }], around).X;

describe("the environment of a container", () => {
  it.each([
    ["leaves other text alone", "hello /etc/keys", "hello /etc/keys"],
    ["points a mount path to its folder", "/etc/keys", "/local/keys"],
    ["points a file in a mount to its place", "/etc/keys/a/b.pem", "/local/keys/a/b.pem"],
    ["takes the longest mount", "/etc/other", "/local/etc/other"],
    ["takes whole names only", "/etcetera", "/etcetera"],
    ["knows a mount path with a slash at its end", "/data/x", "/local/data/x"],
    ["finds the local address of a service", "tls://nats.net-1.svc:4222", "tls://127.0.0.1:20100"],
    ["also by its long name", "nats.net-1.svc.cluster.local:4222", "127.0.0.1:20100"],
    ["leaves a service that it does not know", "nats.net-2.svc:4222", "nats.net-2.svc:4222"],
    ["expands what is defined", "http://$(LISTEN_HOST):$(PORT_HTTP)", "http://127.0.0.1:20001"],
    ["leaves what is not", "$(NONE) $HOME", "$(NONE) $HOME"],
    ["takes two dollars for one", "$$(PORT_HTTP)", "$(PORT_HTTP)"],
  ])("%s", (_, value, expected) => {
    expect(resolve(value)).toBe(expected);
  });

  it("expands nothing in what came from a Secret", () => {
    expect(resolve("$(PORT_HTTP)", true)).toBe("$(PORT_HTTP)");
  });

  it("has a port per named container port and the host to listen on, whatever the manifest says", () => {
    const stated = [
      { name: "PORT_HTTP", value: "8080", literal: false },
      { name: "LISTEN_HOST", value: "0.0.0.0", literal: false },
    ];
    expect(environmentOf(stated, around)).toEqual({
      PORT_HTTP: "20001",
      PORT_CLIENT_TLS: "20002",
      LISTEN_HOST: "127.0.0.1",
    });
  });

  it("resolves arguments by the same rules", () => {
    const environment = environmentOf([], around);
    const args = ["-p", "$(PORT_HTTP)", "/data/x", "--dir=/data"];
    expect(argumentsOf({ args }, environment, around.mounts)).toEqual(["-p", "20001", "/local/data/x", "--dir=/data"]);
  });

  it("finds every service that values name", () => {
    expect(servicesIn(["a.b.svc:1,tls://c.d.svc.cluster.local:22/x", "no.svc:3"])).toEqual([
      { address: "a.b.svc:1", name: "a", namespace: "b", port: 1 },
      { address: "c.d.svc:22", name: "c", namespace: "d", port: 22 },
    ]);
  });
});
