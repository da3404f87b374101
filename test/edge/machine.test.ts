import { spawn } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { createCa, issueLeaf } from "#adapters/x509.ts";
import { readCommandLine } from "../../edge/command-line.ts";
import { filesOf, openDataFolder } from "../../edge/data-folder.ts";
import { callJson } from "../../edge/json-call.ts";
import { lockFolder } from "../../edge/lock.ts";
import { readNodeSettings } from "../../edge/node-settings.ts";
import { pipelineBodies } from "../../edge/pipeline-bodies.ts";
import { readPolicy, writePolicy } from "../../edge/policy-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cellplane-edge-"));
  return () => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true, force: true });
  };
});

describe("the lock of a data folder", () => {
  it("lets one process in, and the next when it ended", () => {
    const path = join(folder, "lock");
    const lock = lockFolder(path);
    expect(readFileSync(path, "utf8")).toMatch(new RegExp(`^${process.pid} `));
    lock.release();
    expect(existsSync(path)).toBe(false);
  });
  it("names the process that holds it", async () => {
    const holder = spawn(process.execPath, ["-e", "process.stdin.resume(); console.log('up')"], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    await once(holder.stdout, "data");
    const start = readFileSync(`/proc/${holder.pid}/stat`, "utf8").split(") ")[1]?.split(" ")[19];
    writeFileSync(join(folder, "lock"), `${holder.pid} ${start}`);
    expect(() => lockFolder(join(folder, "lock"))).toThrow(`process ${holder.pid}`);
    holder.stdin.end();
    await once(holder, "exit");
    lockFolder(join(folder, "lock")).release();
  });
  it("is taken over from a process whose number was given to another since", () => {
    writeFileSync(join(folder, "lock"), "1 1");
    lockFolder(join(folder, "lock")).release();
  });
});

describe("the data folder", () => {
  it("is private, and says it when a file is in the way", () => {
    const files = openDataFolder(join(folder, "new", "deep"));
    expect(statSync(files.state).mode & 0o777).toBe(0o700);
    writeFileSync(join(folder, "file"), "");
    expect(() => openDataFolder(join(folder, "file", "inside"))).toThrow("a part of the path is a file");
  });
  it("keeps no body that is not what its hash says", () => {
    const bodies = pipelineBodies(openDataFolder(folder).bodies);
    const sha256 = createHash("sha256").update("text").digest("hex");
    expect([bodies.keep(sha256, "other"), bodies.get(sha256)]).toEqual([false, undefined]);
    expect([bodies.keep(sha256, "text"), bodies.get(sha256)]).toEqual([true, "text"]);
    writeFileSync(join(folder, "pipelines", `${sha256}.json`), "damaged");
    expect(bodies.get(sha256)).toBeUndefined();
  });
});

describe("what the machine's owner says", () => {
  it("takes labels and a name from the file, and the command line over it", async () => {
    const files = openDataFolder(folder);
    writeFileSync(files.config, "name: till\nlabels: { env: prod, floor: 4 }\n");
    expect(await readNodeSettings(files, { labels: { env: "test" } })).toEqual({
      name: "till",
      labels: { env: "test", floor: "4" },
    });
  });
  it.each(["labels: [a]", "nmae: x", "name: 4", "- a", "labels: {'a b': c}", "a: [", "labels: {a: 'b c'}"])(
    "refuses the configuration %j",
    async (text) => {
      writeFileSync(filesOf(folder).config, text);
      await expect(readNodeSettings(filesOf(folder), { labels: {} })).rejects.toMatchObject({ name: "Failure" });
    },
  );
  it("writes the policy once, and a later command line without one leaves it", async () => {
    const path = filesOf(folder).policy;
    writePolicy(path, { read: ["/srv/logs/**"], write: [], dial: ["logs.example.com:8443"] });
    writePolicy(path, { read: [], write: [], dial: [] });
    expect(await readPolicy(path)).toEqual({ read: ["/srv/logs/**"], dial: ["logs.example.com:8443"] });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
  it.each(["allow: { raed: [] }", "alow: {}", "allow: { read: /var }", "allow: [1]", "[]"])(
    "refuses the policy %j",
    async (text) => {
      writeFileSync(filesOf(folder).policy, text);
      await expect(readPolicy(filesOf(folder).policy)).rejects.toMatchObject({ name: "Failure" });
    },
  );
  it.each([
    { read: ["logs/**"], write: [], dial: [] },
    { read: [], write: [], dial: ["example.com"] },
  ])("refuses to allow %j", (allow) => expect(() => writePolicy(filesOf(folder).policy, allow)).toThrow());
});

describe("the command line", () => {
  const nothing = { read: [], write: [], dial: [] };
  it("reads what it is told", () => {
    const words =
      "bootstrap --token cpt1_x --label env=prod --label a=b=c --name n --allow-read /srv/** --data /d".split(" ");
    expect(readCommandLine(words)).toEqual({
      ...{ name: "bootstrap", token: "cpt1_x", tokenFile: undefined, nodeName: "n", data: "/d" },
      ...{ labels: { env: "prod", a: "b=c" }, allow: { ...nothing, read: ["/srv/**"] } },
    });
    expect(readCommandLine(["run", "--bootstrap-token", "cpt1_x"])).toMatchObject({ name: "run", token: "cpt1_x" });
    expect(readCommandLine(["run", "--local", "f.yaml"])).toMatchObject({ name: "run-local", file: "f.yaml" });
    expect(readCommandLine(["status", "-o", "json"])).toMatchObject({ name: "status", json: true });
    expect(readCommandLine(["leave", "-y"])).toMatchObject({ name: "leave", confirmed: true });
    expect(readCommandLine([])).toEqual({ name: "help", topic: undefined });
    expect(readCommandLine(["run", "--help"])).toEqual({ name: "help", topic: "run" });
  });
  it.each([
    [["dance"]],
    [["run", "--dance"]],
    [["run", "now"]],
    [["bootstrap", "--token"]],
    [["bootstrap", "--label", "env"]],
    [["status", "-o", "xml"]],
    [["validate"]],
    [["toString"]],
  ])("refuses %j as usage, and says where to read", (words) =>
    expect(() => readCommandLine(words)).toThrow(expect.objectContaining({ kind: "usage" })),
  );
});

describe("a pinned server", () => {
  const ca = createCa({ name: "test", now: Date.now(), days: 1 });
  const leaf = issueLeaf(ca, { names: ["127.0.0.1", "localhost"], now: Date.now(), days: 1 });
  const pinOf = (pem: string) =>
    createHash("sha256")
      .update(new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" }))
      .digest("base64url");
  async function server() {
    const asked: string[] = [];
    const https = createServer({ cert: leaf.certPem + ca.certPem, key: leaf.keyPem }, (request, response) => {
      asked.push(request.url ?? "");
      response.end('{"ok":true}');
    }).listen(0, "127.0.0.1");
    await once(https, "listening");
    const address = https.address();
    const url = `https://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/`;
    return { asked, url, [Symbol.asyncDispose]: async () => void https.close() };
  }
  it("is asked when its authority is the one of the pin", async () => {
    await using https = await server();
    const answer = await callJson({ method: "POST", url: https.url, body: {}, pin: pinOf(ca.certPem) });
    expect([answer.status, answer.body]).toEqual([200, { ok: true }]);
  });
  it("is told nothing when it is another's, or when the pin is of a leaf, or when no public authority knows it", async () => {
    await using https = await server();
    const other = createCa({ name: "test", now: Date.now(), days: 1 });
    for (const pin of [pinOf(other.certPem), pinOf(leaf.certPem)])
      await expect(callJson({ method: "POST", url: https.url, body: {}, pin })).rejects.toMatchObject({
        kind: "refused",
      });
    await expect(callJson({ method: "POST", url: https.url, body: {} })).rejects.toMatchObject({ kind: "unreachable" });
    expect(https.asked).toEqual([]);
  });
  it("is never asked in the clear over a network", async () =>
    await expect(callJson({ method: "GET", url: "http://example.com" })).rejects.toMatchObject({ kind: "refused" }));
});
