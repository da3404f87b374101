import type { Clock, Log } from "#core/ports.ts";
import type { Database, ProcessRecord } from "../database.ts";
import { canListen, type PortPool } from "../network/free-port.ts";
import type { Container } from "../objects/shapes.ts";
import { bornAt, killGroup } from "./process.ts";
import type { StartTurns } from "./start-turns.ts";

/** The machine under the pods: what a container needs besides its manifest. */
export interface Machine {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly ports: PortPool;
  /** Everything of pods and claims is under here. */
  readonly folder: string;
  /** The pipe that ends when the supervisor does, and what tells it from every other. */
  readonly lifeline: { readonly fd: number; readonly id: string };
  readonly startTurns: StartTurns;
  /** PATH for all programs. */
  readonly path: string;
  /** The command of an image. */
  program(image: string): readonly string[] | undefined;
  /** The local port of a service, whether the service is there yet or not. */
  servicePort(namespace: string, name: string, port: number): Promise<number>;
  /** A free port per named port of the container; those it had are kept where they are free. */
  portsFor(container: Container, had: Readonly<Record<string, number>>): Promise<Record<string, number>>;
  /** The record of a process from an earlier life, once. */
  adoptable(pod: string, container: string): ProcessRecord | undefined;
  /** Is there still a process of this pod to be adopted? */
  hasLeftover(pod: string): boolean;
}

export type MachineProps = Omit<Machine, "portsFor" | "adoptable" | "hasLeftover">;

/**
 * Looks at the processes of an earlier life first: what hangs on our lifeline and belongs to a pod can be adopted, all else
 * that can still be told to be ours is killed.
 */
export function openMachine(props: MachineProps, isPod: (key: string) => boolean): Machine {
  const { database, lifeline, ports, log } = props;
  const found = new Map<string, ProcessRecord>();
  for (const record of database.processes.all()) {
    const born = bornAt(record.pid);
    if (born === record.born && record.lifeline === lifeline.id && isPod(record.pod)) {
      found.set(`${record.pod} ${record.container}`, record);
      continue;
    }
    // No process has this pid: a group by that number can only be what the program left behind.
    if (born === record.born || born === undefined) killGroup(record.pid);
    if (born === record.born) log("warn", "killed a process left over from before", { pod: record.pod });
    database.processes.delete(record.pod, record.container);
  }

  return {
    ...props,
    adoptable(pod, container) {
      const record = found.get(`${pod} ${container}`);
      found.delete(`${pod} ${container}`);
      return record;
    },
    hasLeftover: (pod) => [...found.values()].some((record) => record.pod === pod),
    async portsFor(container, had) {
      const chosen: Record<string, number> = {};
      for (const { name } of container.ports ?? []) {
        if (name === undefined) continue;
        const before = had[name];
        if (before !== undefined && (await canListen(before))) chosen[name] = before;
        else {
          if (before !== undefined) ports.giveBack(before);
          chosen[name] = await ports.take();
        }
      }
      return chosen;
    },
  };
}
