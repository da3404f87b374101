import { serve } from "@hono/node-server";
import type { LocalWorkflows } from "#adapters/local-workflows.ts";
import type { Clock, Log } from "#core/ports.ts";
import { StartFailure } from "../start-failure.ts";
import { keyPairOf } from "../step-functions/credentials.ts";
import { stepFunctionsEndpoint } from "../step-functions/endpoint.ts";

/** Listens for calls of Step Functions' API, on this machine only: its key pair may start and stop everything. */
export async function serveStepFunctions({
  data,
  port,
  ...parts
}: {
  data: string;
  port: number;
  workflows: LocalWorkflows;
  clock: Clock;
  log: Log;
}): Promise<{ url: string; close(): void }> {
  const app = stepFunctionsEndpoint({ ...parts, pair: keyPairOf(data) });
  const listening = Promise.withResolvers<number>();
  const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port }, (at) => listening.resolve(at.port));
  server.on("error", ({ code, message }: NodeJS.ErrnoException) =>
    listening.reject(
      new StartFailure(
        code === "EADDRINUSE"
          ? `Port ${port} is taken on 127.0.0.1. End the other program, or choose another port with --sfn-port.`
          : message,
      ),
    ),
  );
  return {
    url: `http://127.0.0.1:${await listening.promise}`,
    close() {
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
    },
  };
}
