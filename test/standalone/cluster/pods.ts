import { spawnSync } from "node:child_process";
import { expect, vi } from "vitest";
import type { Pod } from "../../../standalone/cluster/objects/shapes.ts";
import type { Cell } from "./cell.ts";

export const soon = { timeout: 60_000, interval: 20 };

export interface WebAnswer {
  readonly pid: number;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export const podsOf = async ({ cluster }: Cell, namespace: string): Promise<Pod[]> =>
  (await cluster.list({ apiVersion: "v1", kind: "Pod", namespace })) as Pod[];

/** The only pod of the namespace, once it is ready. */
export async function readyPod(cell: Cell, namespace: string): Promise<Pod> {
  return vi.waitFor(async () => {
    const pods = await podsOf(cell, namespace);
    const [pod] = pods;
    expect(pods).toHaveLength(1);
    expect(pod?.status?.conditions).toContainEqual(expect.objectContaining({ type: "Ready", status: "True" }));
    if (!pod) throw new Error("no pod");
    return pod;
  }, soon);
}

/** The only container of the only pod, when it is as expected. */
export const expectContainer = (cell: Cell, namespace: string, expected: object) =>
  vi.waitFor(async () => {
    const [pod] = await podsOf(cell, namespace);
    expect(pod?.status?.containerStatuses[0]).toMatchObject(expected);
  }, soon);

/** One request on a connection of its own. */
export async function ask(port: number, path = "/"): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close" } });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text}`);
  return text;
}

export const whoAnswers = async (port: number): Promise<WebAnswer> => JSON.parse(await ask(port)) as WebAnswer;

export async function portOf({ cluster }: Cell, name: string, namespace: string): Promise<number> {
  const dial = await cluster.dial({ namespace, name, port: "http" });
  if (!dial) throw new Error(`no service ${name}`);
  return dial.port;
}

/** A process that has ended counts as gone also while nobody has asked for its exit code. */
export const isAlive = (pid: number): boolean => {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
};

export const expectEnded = (pid: number) => vi.waitFor(() => expect(isAlive(pid)).toBe(false), soon);
