import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { timestampOf } from "#core/model/time.ts";
import type { Container, ContainerStatus, Pod, Terminated } from "../objects/shapes.ts";
import { argumentsOf, environmentOf, servicesIn, type Variable } from "./environment.ts";
import type { Machine } from "./machine.ts";
import { watchHealth } from "./probe.ts";
import { adoptProcess, bornAt, type Exit, type RunningProcess, startProcess } from "./process.ts";
import { bytesOf, type ReadSource } from "./volumes.ts";
import { Waiting } from "./waiting.ts";

/** A crashed container starts again after 0.2 s, then twice that, up to 30 s; after 10 s of running it counts as well. */
const FIRST_BACKOFF_MS = 200;
const MOST_BACKOFF_MS = 30_000;
const WELL_AFTER_MS = 10_000;
/** What a container waits for wakes it; this only repairs a lost wake-up. */
const LOOK_AGAIN_MS = 2_000;

export interface ContainerContext {
  readonly machine: Machine;
  readonly pod: Pod;
  /** Key of the pod in the records of processes. */
  readonly podKey: string;
  readonly folder: string;
  readonly graceMs: number;
  readonly read: ReadSource;
  /** Brings the volumes up to date; local path by mount path of this container. */
  mounts(container: Container): Record<string, string>;
  /** The status is not what it was. */
  changed(): void;
}

export interface ContainerRunner {
  status(): ContainerStatus;
  /** The local port of a container port, by name or number, while the container runs. */
  localPort(port: number | string): number | undefined;
  /** Something it may wait for has changed. */
  nudge(): void;
  /** Asks it to end, kills it after the grace period, resolves when it has ended. */
  stop(graceMs: number): Promise<void>;
}

interface Started {
  readonly process: RunningProcess;
  readonly ports: Readonly<Record<string, number>>;
  readonly startedAt: number;
  /** It has started, or never will: another may. */
  readonly endTurn: () => void;
}

/** Keeps one container of a pod running until it is told to stop. */
export function runContainer(context: ContainerContext, container: Container): ContainerRunner {
  const { machine, podKey } = context;
  const before = context.pod.status?.containerStatuses.find(({ name }) => name === container.name);
  const ending = new AbortController();
  let running: Started | undefined;
  let ports: Readonly<Record<string, number>> = {};
  let waiting: { reason: string; message?: string } = { reason: "ContainerCreating" };
  let health = { ready: false, started: false };
  let restartCount = before?.restartCount ?? 0;
  let last: Terminated | undefined = before?.lastState?.terminated;
  let wake = () => {};

  async function run(): Promise<void> {
    let backoff = 0;
    let next: Started | undefined = adopt();
    while (!ending.signal.aborted) {
      try {
        next ??= await start();
      } catch (error) {
        await wait(asWaiting(error), LOOK_AGAIN_MS);
        continue;
      }
      if (ending.signal.aborted) next.process.signal("SIGTERM");
      const exit = await attend(next);
      const ran = machine.clock.now() - next.startedAt;
      next = undefined;
      if (ending.signal.aborted) break;
      backoff = ran >= WELL_AFTER_MS || backoff === 0 ? FIRST_BACKOFF_MS : Math.min(backoff * 2, MOST_BACKOFF_MS);
      machine.log("warn", "a container ended", { pod: podKey, container: container.name, exitCode: exit.exitCode });
      await wait(new Waiting("CrashLoopBackOff", `back-off ${backoff} ms restarting failed container`), backoff, false);
      restartCount += 1;
    }
    for (const port of Object.values(ports)) machine.ports.giveBack(port);
  }

  /** From the start of the process until its end: probes, status, its record. */
  async function attend(started: Started): Promise<Exit> {
    running = started;
    context.changed();
    const probes = new AbortController();
    const watching = watchHealth(
      { container, portOf: localPort, started: health.started, signal: probes.signal },
      {
        started: () => {
          started.endTurn();
          setHealth({ ...health, started: true });
        },
        ready: (ready) => setHealth({ ...health, ready }),
        failed: (why) => {
          machine.log("warn", why, { pod: podKey, container: container.name });
          setHealth({ ...health, ready: false });
          void end(started.process, context.graceMs);
        },
      },
    );
    const exit = await started.process.exited;
    started.endTurn();
    probes.abort();
    machine.database.processes.delete(podKey, container.name);
    running = undefined;
    health = { ready: false, started: false };
    last = {
      ...exit,
      startedAt: timestampOf(started.startedAt),
      finishedAt: timestampOf(machine.clock.now()),
    };
    await watching;
    context.changed();
    return exit;
  }

  function setHealth(next: typeof health): void {
    if (running === undefined || (next.ready === health.ready && next.started === health.started)) return;
    health = next;
    context.changed();
  }

  /** The process of an earlier life of this cluster, if it lives. */
  function adopt(): Started | undefined {
    const record = machine.adoptable(podKey, container.name);
    if (!record) return undefined;
    ports = record.ports;
    for (const port of Object.values(ports)) machine.ports.keep(port);
    health = { ready: before?.ready ?? false, started: before?.started ?? false };
    return { process: adoptProcess(record.pid, record.born), ports, startedAt: record.startedAt, endTurn: () => {} };
  }

  async function start(): Promise<Started> {
    const program = machine.program(container.image);
    if (!program)
      throw new Waiting("ErrImageNeverPull", `there is no program for the image ${container.image} on this machine`);
    expectSupported(container);
    const endTurn = await machine.startTurns.take();
    try {
      return { ...(await launch(program)), endTurn };
    } catch (error) {
      endTurn();
      throw error;
    }
  }

  async function launch(program: readonly string[]): Promise<Omit<Started, "endTurn">> {
    const mounts = context.mounts(container);
    ports = await machine.portsFor(container, ports);
    const variables = variablesOf(context, container);
    const services: Record<string, number> = {};
    for (const { address, namespace, name, port } of servicesIn(variables.map(({ value }) => value)))
      services[address] = await machine.servicePort(namespace, name, port);
    if (ending.signal.aborted) throw new Waiting("ContainerCreating", "the pod is ending");

    const manifest = environmentOf(variables, { ports, mounts, services });
    const home = join(context.folder, "home");
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const env = { PATH: machine.path, HOME: home, HOSTNAME: context.pod.metadata.name, ...manifest };
    const process = startProcess({
      argv: [...program, ...argumentsOf(container, manifest, mounts)],
      env,
      folder: home,
      logFile: join(context.folder, "log"),
      lifeline: machine.lifeline.fd,
    });
    const startedAt = machine.clock.now();
    machine.database.processes.put({
      pod: podKey,
      container: container.name,
      pid: process.pid,
      born: bornAt(process.pid) ?? "",
      lifeline: machine.lifeline.id,
      startedAt,
      ports,
    });
    return { process, ports, startedAt };
  }

  /** Shows why it does not run, until a nudge (unless nothing can shorten it), the time or the end. */
  async function wait(why: Waiting, milliseconds: number, nudged = true): Promise<void> {
    waiting = { reason: why.reason, message: why.message };
    context.changed();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(go, milliseconds);
      function go(): void {
        clearTimeout(timer);
        ending.signal.removeEventListener("abort", go);
        wake = () => {};
        resolve();
      }
      if (nudged) wake = go;
      ending.signal.addEventListener("abort", go, { once: true });
      if (ending.signal.aborted) go();
    });
  }

  function asWaiting(error: unknown): Waiting {
    if (error instanceof Waiting) return error;
    machine.log("error", "a container cannot be started", {
      pod: podKey,
      container: container.name,
      why: String(error),
    });
    return new Waiting("CreateContainerError", String(error));
  }

  function end(process: RunningProcess, graceMs: number): Promise<Exit> {
    const timer = setTimeout(() => process.signal("SIGKILL"), graceMs);
    process.signal("SIGTERM");
    return process.exited.finally(() => clearTimeout(timer));
  }

  function localPort(port: number | string): number | undefined {
    if (!running) return undefined;
    const named = container.ports?.find(({ name, containerPort }) => name === port || containerPort === port);
    if (named?.name !== undefined) return running.ports[named.name];
    return named?.containerPort;
  }

  const done = run();
  return {
    localPort,
    nudge: () => wake(),
    status: () => ({
      name: container.name,
      image: container.image,
      ready: health.ready,
      started: health.started,
      restartCount,
      state: running ? { running: { startedAt: timestampOf(running.startedAt) } } : { waiting },
      ...(last ? { lastState: { terminated: last } } : {}),
    }),
    async stop(graceMs) {
      ending.abort();
      if (running) await end(running.process, graceMs);
      await done;
    },
  };
}

function expectSupported({ name, command, ...container }: Container): void {
  const refuse = (what: string) => {
    throw new Waiting("CreateContainerConfigError", `container ${name}: the embedded cluster does not support ${what}`);
  };
  if (command !== undefined) refuse("command, the image decides it; use args");
  if (container.envFrom !== undefined) refuse("envFrom; name each variable");
  for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe])
    if (probe && !probe.httpGet && !probe.tcpSocket) refuse("probes other than httpGet and tcpSocket");
}

function variablesOf({ pod, read }: ContainerContext, { env = [] }: Container): Variable[] {
  return env.flatMap(({ name, value = "", valueFrom }): Variable[] => {
    if (!valueFrom) return [{ name, value, literal: false }];
    const { secretKeyRef, configMapKeyRef, fieldRef } = valueFrom;
    if (fieldRef?.fieldPath === "metadata.name") return [{ name, value: pod.metadata.name, literal: true }];
    if (fieldRef?.fieldPath === "metadata.namespace")
      return [{ name, value: pod.metadata.namespace ?? "", literal: true }];
    const [kind, ref] = secretKeyRef ? (["Secret", secretKeyRef] as const) : (["ConfigMap", configMapKeyRef] as const);
    if (!ref)
      throw new Waiting("CreateContainerConfigError", `the embedded cluster cannot resolve the variable ${name}`);
    const object = read(kind, ref.name);
    const bytes = object && bytesOf(object)[ref.key];
    if (bytes) return [{ name, value: bytes.toString("utf8"), literal: true }];
    if (ref.optional) return [];
    throw new Waiting(
      "CreateContainerConfigError",
      `${kind} ${ref.name} has no key ${ref.key} for the variable ${name}`,
    );
  });
}
