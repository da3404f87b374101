import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { plainKubeconfig } from "#adapters/kubernetes/plain-kubeconfig.ts";

const folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
afterAll(() => rmSync(folder, { recursive: true }));

const base64 = (text: string) => Buffer.from(text).toString("base64");
const server = { server: "https://10.0.0.1:6443", "certificate-authority-data": base64("CA") };
function read(user: object, cluster: object = server, write = (value: unknown) => JSON.stringify(value)) {
  const file = join(folder, "config");
  const document = {
    ...{ apiVersion: "v1", kind: "Config", "current-context": "here" },
    contexts: [
      { name: "elsewhere", context: { cluster: "other", user: "other" } },
      { name: "here", context: { cluster: "cell", user: "me" } },
    ],
    clusters: [{ name: "cell", cluster }],
    users: [{ name: "me", user }],
  };
  writeFileSync(file, write(document));
  return plainKubeconfig(file);
}

it("signs in by certificate", async () => {
  const endpoint = read({ "client-certificate-data": base64("CERT"), "client-key-data": base64("KEY") });
  expect(endpoint?.url.href).toBe("https://10.0.0.1:6443/");
  expect(endpoint?.tls).toEqual({ ca: "CA", cert: "CERT", key: "KEY" });
  expect(await endpoint?.headers()).toEqual({});
});

it("signs in by token", async () => {
  expect(await read({ token: "t" })?.headers()).toEqual({ authorization: "Bearer t" });
});

it.each([
  ["a user that runs a program", { exec: { command: "aws" } }, server],
  ["files beside it", { "client-certificate": "a.crt" }, server],
  ["a proxy", { token: "t" }, { ...server, "proxy-url": "http://proxy" }],
])("leaves %s to the library", (_, user, cluster) => {
  expect(read(user, cluster)).toBeUndefined();
});

it("leaves YAML to the library", () => {
  expect(read({ token: "t" }, server, () => "apiVersion: v1\n")).toBeUndefined();
});
