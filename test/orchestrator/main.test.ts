import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { createCa, issueLeaf } from "#adapters/x509.ts";
import { orchestratorEnvironment as env, orchestratorSecretFiles as files } from "#core/workload.ts";

const folder = mkdtempSync(join(tmpdir(), "cellplane-orchestrator-"));
const other: Server = createServer();
afterEach(() => {
  other.close();
  rmSync(folder, { recursive: true });
});

it("ends when one of its ports is taken, though it listens on the other already", async () => {
  other.listen(0, "127.0.0.1");
  await once(other, "listening");
  const taken = (other.address() as { port: number }).port;
  const ca = createCa({ name: "internal", now: Date.now(), days: 1 });
  const { certPem, keyPem } = issueLeaf(ca, { names: ["127.0.0.1"], now: Date.now(), days: 1 });
  const contents = {
    ...Object.fromEntries(Object.values(files).map((file) => [file, "unused"])),
    ...{ [files.internalCertificate]: certPem, [files.internalKey]: keyPem, [files.internalCa]: ca.certPem },
    [files.sealingKey]: randomBytes(32).toString("base64url"),
  };
  for (const [file, text] of Object.entries(contents)) writeFileSync(join(folder, file), text);

  const environment = {
    [env.network]: `net_${"0".repeat(26)}`,
    [env.cell]: `cel_${"0".repeat(26)}`,
    [env.release]: "1.2.3",
    [env.apiUrl]: "http://127.0.0.1:1",
    [env.natsUrlPublic]: "tls://127.0.0.1:1",
    [env.natsUrl]: "tls://127.0.0.1:1",
    [env.secretsDir]: folder,
    [env.accessDir]: folder,
    [env.listenHost]: "127.0.0.1",
    [env.portHttp]: "0",
    [env.portInternal]: String(taken),
  };
  const program = join(import.meta.dirname, "../../orchestrator/main.ts");
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], {
    env: environment,
    encoding: "utf8",
    timeout: 20_000,
  });
  expect(stdout + stderr).toContain("EADDRINUSE");
  expect(status).toBe(1);
});
