import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { readIfThere, writeAtomically } from "../write-file.ts";
import { type Child, keepRunning } from "./child.ts";
import { stillFree } from "./choose-port.ts";
import type { Lifeline } from "./lifeline.ts";
import { openLogFile } from "./log-file.ts";
import { joinTokenFile } from "./register-cell.ts";

export interface CellOptions {
  readonly name: string;
  readonly data: string;
  readonly controlPlane: string;
  readonly commands: { readonly cluster: readonly string[]; readonly agent: readonly string[] };
  /** Image → command, for the cluster. */
  readonly programsFile: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly lifeline: Lifeline;
  readonly onStart: () => void;
  readonly onEnd: (name: string, how: string) => void;
}

/** What a cell keeps from one start to the next. */
interface CellRecord {
  readonly id?: string;
  readonly ports: { readonly agent: number; readonly cluster: number };
}

export interface EmbeddedCell {
  readonly name: string;
  readonly folder: string;
  /** Of the provisioning API. */
  readonly url: string;
  /** As far as it was ever registered. */
  readonly id: string | undefined;
  readonly cluster: Child;
  readonly agent: Child | undefined;
  remember(id: string): void;
  /** The agent needs no join token, or it is on disk now. */
  startAgent(): Child;
}

/** Starts the embedded cluster of a cell; its agent follows as soon as it can join. */
export async function startCell(options: CellOptions): Promise<EmbeddedCell> {
  const { name, data, commands, environment, lifeline, onStart, onEnd } = options;
  const folder = join(data, "cells", name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "cell.json");
  const kept = JSON.parse(readIfThere(file) ?? "{}") as Partial<CellRecord>;
  const [agentPort = 0, clusterPort = 0] = await stillFree([kept.ports?.agent, kept.ports?.cluster]);
  let record: CellRecord = { ...kept, ports: { agent: agentPort, cluster: clusterPort } };
  const save = () => writeAtomically(file, `${JSON.stringify(record)}\n`);
  save();

  const tokenFile = join(folder, "cluster-token");
  if (readIfThere(tokenFile) === undefined) writeAtomically(tokenFile, randomBytes(32).toString("base64url"));
  const url = `https://127.0.0.1:${agentPort}`;
  const named = (part: string) => ({
    name: `${name} ${part}`,
    log: openLogFile(join(data, "logs", `${name}-${part}.log`)),
    onStart,
    onEnd: (how: string) => onEnd(`${name} ${part}`, how),
  });

  const cluster = keepRunning({
    ...named("cluster"),
    command: [
      ...commands.cluster,
      ...["--data", join(folder, "cluster"), "--port", String(clusterPort)],
      ...["--token-file", tokenFile, "--programs", options.programsFile],
    ],
    environment,
    stdin: lifeline.readEnd,
    isUp: (line) => line.includes('"ready":true'),
  });

  let agent: Child | undefined;
  return {
    name,
    folder,
    url,
    get id() {
      return record.id;
    },
    cluster,
    get agent() {
      return agent;
    },
    remember(id) {
      if (record.id === id) return;
      record = { ...record, id };
      save();
    },
    startAgent() {
      agent ??= keepRunning({
        ...named("agent"),
        command: commands.agent,
        environment: {
          ...environment,
          CELLPLANE_URL: options.controlPlane,
          CELLPLANE_CLUSTER_URL: `http://127.0.0.1:${clusterPort}`,
          CELLPLANE_CLUSTER_TOKEN_FILE: tokenFile,
          CELLPLANE_PUBLIC_URL: url,
          CELLPLANE_CELL_DOMAIN: `${name}.localhost`,
          CELLPLANE_LIFELINE: "stdin",
          LISTEN_HOST: "127.0.0.1",
          PORT: String(agentPort),
          ...(readIfThere(joinTokenFile(folder)) === undefined
            ? {}
            : { CELLPLANE_JOIN_TOKEN_FILE: joinTokenFile(folder) }),
        },
        stdin: "pipe",
        isUp: (line) => line.includes('"listening"'),
      });
      return agent;
    },
  };
}
