import { request } from "node:http";
import { request as requestTls } from "node:https";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Container, Probe } from "../objects/shapes.ts";

/** Until a container answers for the first time it is asked this often; later every `periodSeconds`. */
const FIRST_MS = 50;
/** After so many quick questions without an answer they become slower, so that one that never comes costs little. */
const QUICK_QUESTIONS = 100;
const SLOW_MS = 500;

/** What is seen of a container's health, in order. */
export interface HealthListener {
  started(): void;
  ready(ready: boolean): void;
  /** It has failed its liveness or startup probe for good and must be restarted. */
  failed(why: string): void;
}

export interface HealthCheck {
  readonly container: Container;
  readonly portOf: (port: number | string) => number | undefined;
  /** What is known from before: a container that was adopted need not start again. */
  readonly started: boolean;
  readonly signal: AbortSignal;
}

/** Watches one container by its probes until `signal` aborts. */
export async function watchHealth(check: HealthCheck, listener: HealthListener): Promise<void> {
  const { container, signal } = check;
  const { startupProbe, readinessProbe, livenessProbe } = container;
  if (startupProbe && !check.started) {
    const deadline = Date.now() + (startupProbe.failureThreshold ?? 3) * periodOf(startupProbe);
    for (let asked = 0; !(await ask(startupProbe, check)); asked += 1) {
      if (signal.aborted) return;
      if (Date.now() > deadline) return listener.failed("the startup probe failed");
      await pause(asked < QUICK_QUESTIONS ? FIRST_MS : SLOW_MS, signal);
    }
  }
  if (signal.aborted) return;
  listener.started();
  await Promise.all([
    readinessProbe ? watchReadiness(readinessProbe, check, listener) : listener.ready(true),
    livenessProbe ? watchLiveness(livenessProbe, check, listener) : undefined,
  ]);
}

async function watchReadiness(probe: Probe, check: HealthCheck, listener: HealthListener): Promise<void> {
  const { signal } = check;
  for (let asked = 0; !(await ask(probe, check)); asked += 1) {
    if (signal.aborted) return;
    if (asked === 0) listener.ready(false);
    await pause(Math.min(asked < QUICK_QUESTIONS ? FIRST_MS : SLOW_MS, periodOf(probe)), signal);
  }
  if (signal.aborted) return;
  listener.ready(true);
  let ready = true;
  for (let failures = 0, successes = 0; !signal.aborted; ) {
    await pause(periodOf(probe), signal);
    if (signal.aborted) return;
    const answered = await ask(probe, check);
    failures = answered ? 0 : failures + 1;
    successes = answered ? successes + 1 : 0;
    if (signal.aborted) return;
    const now: boolean = ready ? failures < (probe.failureThreshold ?? 3) : successes >= (probe.successThreshold ?? 1);
    if (now !== ready) listener.ready(now);
    ready = now;
  }
}

async function watchLiveness(probe: Probe, check: HealthCheck, listener: HealthListener): Promise<void> {
  const { signal } = check;
  await pause((probe.initialDelaySeconds ?? 0) * 1000, signal);
  for (let failures = 0; !signal.aborted; ) {
    await pause(periodOf(probe), signal);
    if (signal.aborted) return;
    failures = (await ask(probe, check)) ? 0 : failures + 1;
    if (failures >= (probe.failureThreshold ?? 3) && !signal.aborted)
      return listener.failed("the liveness probe failed");
  }
}

const periodOf = (probe: Probe): number => (probe.periodSeconds ?? 10) * 1000;

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  sleep(milliseconds, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });

function ask(probe: Probe, { portOf, signal }: HealthCheck): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  const port = portOf(probe.httpGet?.port ?? probe.tcpSocket?.port ?? 0);
  if (port === undefined) return Promise.resolve(false);
  const timeout = (probe.timeoutSeconds ?? 1) * 1000;
  return probe.httpGet ? askHttp(probe.httpGet, port, timeout) : askTcp(port, timeout);
}

function askHttp(get: NonNullable<Probe["httpGet"]>, port: number, timeout: number): Promise<boolean> {
  const headers = Object.fromEntries((get.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  const options = { host: "127.0.0.1", port, path: get.path ?? "/", headers, agent: false as const };
  return new Promise((resolve) => {
    const asked = get.scheme === "HTTPS" ? requestTls({ ...options, rejectUnauthorized: false }) : request(options);
    const timer = setTimeout(() => asked.destroy(new Error("no answer in time")), timeout);
    asked.once("response", (response) => {
      const { statusCode = 500 } = response;
      response.destroy();
      resolve(statusCode >= 200 && statusCode < 400);
    });
    asked.on("error", () => resolve(false));
    asked.once("close", () => {
      clearTimeout(timer);
      resolve(false);
    });
    asked.end();
  });
}

function askTcp(port: number, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout });
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.on("error", () => end(false));
  });
}
