import { serve } from "@hono/node-server";
import { jsonLog } from "#adapters/json-log.ts";
import { Refusal } from "#core/errors.ts";
import { LEASE_MS } from "#core/model/operation.ts";
import { apiHandler } from "../functions/api.ts";
import { assemble } from "./control-plane/assemble.ts";
import { firstStart } from "./control-plane/first-start.ts";
import { gateway } from "./control-plane/gateway.ts";
import { localBuilds } from "./control-plane/local-builds.ts";
import {
  meterForever,
  monitorForever,
  silenceForever,
  stream,
  surveyForever,
  sweepForever,
  usualPeriods,
} from "./control-plane/loops.ts";
import { metricsPage } from "./control-plane/metrics.ts";
import { referencePage } from "./control-plane/reference.ts";
import { serveStepFunctions } from "./control-plane/serve-step-functions.ts";
import { StartFailure } from "./start-failure.ts";

/**
 * The control plane of one machine as a process: the functions and workflows that AWS would run, over SQLite.
 *
 * Environment: `CELLPLANE_DATA`, `PORT`, `LISTEN_HOST`, `LOG_LEVEL`; `CELLPLANE_OIDC_ISSUER` and `CELLPLANE_OIDC_AUDIENCE` let people
 * sign in, `CELLPLANE_OIDC_PLATFORM_AUDIENCE` names the audience of the platform's operators; pages of `CELLPLANE_CONSOLE_ORIGINS`
 * (with commas between) may call from browsers; `CELLPLANE_REFERENCE_SCRIPT` is the file that /docs runs;
 * `CELLPLANE_RELEASE_BUILDER` is the command, as JSON, that builds releases. Ends when its stdin does, so that it never outlives its supervisor. Says `{"listening": url}` on stdout once it answers.
 * `CELLPLANE_PROMETHEUS_URL` is asked by alarm gates of rollouts; webhook gates may be at private addresses where their origin is among
 * `CELLPLANE_GATE_ORIGINS` (with commas between).
 * Traces go to `OTEL_EXPORTER_OTLP_ENDPOINT`, where there is one. Step Functions' API listens on `CELLPLANE_SFN_PORT`; without that there is none.
 */
async function main(): Promise<void> {
  const {
    CELLPLANE_DATA: data = ".cellplane",
    PORT = "4600",
    LISTEN_HOST: host = "127.0.0.1",
    LOG_LEVEL = "warn",
    CELLPLANE_SFN_PORT: sfnPort,
    CELLPLANE_OIDC_ISSUER: oidcIssuer,
    CELLPLANE_OIDC_AUDIENCE: audience = "cellplane",
    CELLPLANE_OIDC_PLATFORM_AUDIENCE: platformAudience,
    CELLPLANE_CONSOLE_ORIGINS = "",
    CELLPLANE_REFERENCE_SCRIPT: script,
    CELLPLANE_RELEASE_BUILDER: releaseBuilder,
    CELLPLANE_PROMETHEUS_URL: alarms,
    CELLPLANE_GATE_ORIGINS = "",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector,
  } = process.env;
  const log = jsonLog(LOG_LEVEL, "control-plane");
  const issuer = `http://${host}:${PORT}`;
  const traces = collector ? (await import("#adapters/traces.ts")).otlpTraces("cellplane-control-plane") : undefined;
  const tracing = traces ? { trace: traces.trace } : {};
  const { deps, store, workflows, figures } = await assemble({
    ...tracing,
    data,
    issuer,
    log,
    ...(releaseBuilder ? { builds: localBuilds(JSON.parse(releaseBuilder)) } : {}),
    gates: { prometheus: alarms || undefined, origins: listOf(CELLPLANE_GATE_ORIGINS) },
    issuers: oidcIssuer ? [{ issuer: oidcIssuer, audience, platformAudience: platformAudience || undefined }] : [],
  });
  await firstStart(deps, data);
  const stepFunctions = sfnPort
    ? await serveStepFunctions({ data, port: Number(sfnPort), workflows, clock: deps.clock, log })
    : undefined;

  const ending = new AbortController();
  const origins = listOf(CELLPLANE_CONSOLE_ORIGINS);
  const app = gateway(apiHandler(deps, { origins, ...tracing }), [
    ...(script ? [referencePage(script)] : []),
    metricsPage(deps, figures),
  ]);
  const server = serve({ fetch: app.fetch, hostname: host, port: Number(PORT) }, ({ port }) => {
    process.stdout.write(`${JSON.stringify({ listening: `http://${host}:${port}` })}\n`);
  });
  server.on("error", (error: NodeJS.ErrnoException) => {
    const taken =
      error.code === "EADDRINUSE"
        ? `Port ${PORT} is taken on ${host}. End the other program, or choose another port with --port.`
        : error.message;
    process.stderr.write(`${taken}\n`);
    process.exit(1);
  });

  const end = () => {
    if (ending.signal.aborted) return;
    ending.abort();
    workflows.close();
    stepFunctions?.close();
    server.close();
    if ("closeAllConnections" in server) server.closeAllConnections();
    store.close();
    process.exit(0);
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  process.stdin.on("end", end).on("error", end).resume();

  await Promise.all([
    stream(deps, store, ending.signal),
    sweepForever(deps, usualPeriods, LEASE_MS, ending.signal),
    monitorForever(deps, usualPeriods, ending.signal),
    surveyForever(deps, usualPeriods, ending.signal),
    meterForever(deps, usualPeriods, ending.signal),
    silenceForever(deps, usualPeriods, ending.signal),
  ]);
}

const listOf = (text: string): string[] => text.split(",").filter((item) => item !== "");

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Refusal || error instanceof StartFailure ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
});
