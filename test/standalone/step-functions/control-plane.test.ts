import { type ChildProcess, execFile, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { whereStepFunctionsIs } from "../../../standalone/step-functions/where.ts";
import { freePort } from "../../free-port.ts";

let data: string;
let planes: ChildProcess[];
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "cellplane-sfn-"));
  planes = [];
});
afterEach(async () => {
  await Promise.all(planes.map(end));
  rmSync(data, { recursive: true, force: true });
});

/** A control plane as a process, without a supervisor: it has no cell. */
function spawnPlane(sfnPort: number): ChildProcess {
  const plane = spawn("node", ["standalone/control-plane.ts"], {
    env: { ...process.env, CELLPLANE_DATA: data, PORT: "0", CELLPLANE_SFN_PORT: String(sfnPort) },
    stdio: ["pipe", "pipe", "pipe"],
  });
  planes.push(plane);
  return plane;
}

async function end(plane: ChildProcess): Promise<void> {
  if (plane.exitCode !== null) return;
  const ended = new Promise((resolve) => plane.once("exit", resolve));
  plane.stdin?.end();
  await ended;
}

async function startPlane(): Promise<{ plane: ChildProcess; url: string; arn: string }> {
  const sfnPort = await freePort();
  const plane = spawnPlane(sfnPort);
  await new Promise((resolve) => plane.stdout?.once("data", resolve));
  const { url, stateMachines } = whereStepFunctionsIs(sfnPort);
  return { plane, url, arn: stateMachines["converge-network"] ?? "" };
}

const credentials = () => join(data, "aws-credentials");

describe("the control plane's Step Functions endpoint", () => {
  it("keeps its key pair from one start to the next, for its owner alone", async () => {
    await end((await startPlane()).plane);
    expect(statSync(credentials()).mode & 0o777).toBe(0o600);
    const made = readFileSync(credentials(), "utf8");
    expect(made).toMatch(
      /^\[default\]\naws_access_key_id = AKIA[A-Z2-7]{16}\naws_secret_access_key = \S{40}\nregion = local-1\n$/,
    );
    await end((await startPlane()).plane);
    expect(readFileSync(credentials(), "utf8")).toBe(made);
  });

  it.each([
    ["a taken port", async () => 0, /^Port \d+ is taken on 127\.0\.0\.1\..* --sfn-port\.\n$/],
    [
      "a file of credentials without a pair",
      async () => {
        writeFileSync(credentials(), "[other]\naws_access_key_id = a\naws_secret_access_key = b\n");
        return freePort();
      },
      /^.*aws-credentials has no key pair in \[default\]\..*\n$/,
    ],
  ])("ends the start with one clear line for %s", async (_name, prepare, line) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const plane = spawnPlane((await prepare()) || (other.address() as { port: number }).port);
    let said = "";
    plane.stderr?.on("data", (text) => {
      said += text;
    });
    expect(await new Promise((resolve) => plane.once("close", resolve))).toBe(1);
    expect(said).toMatch(line);
    await new Promise((resolve) => other.close(resolve));
  });

  // The AWS CLI is no part of the project: where there is one, it is held to work as it is.
  it.each(found("aws"))(
    "works with %s as it is",
    async (cli) => {
      const { url, arn } = await startPlane();
      const aws = async (...args: string[]) => {
        const { PATH, HOME } = process.env;
        const env = {
          PATH,
          HOME,
          AWS_SHARED_CREDENTIALS_FILE: credentials(),
          AWS_CONFIG_FILE: "/dev/null",
          AWS_PAGER: "",
        };
        const command = ["stepfunctions", ...args, "--endpoint-url", url, "--output", "json"];
        return JSON.parse((await promisify(execFile)(cli, command, { env })).stdout || "{}");
      };
      const { stateMachines } = await aws("list-state-machines");
      expect(stateMachines).toContainEqual(expect.objectContaining({ stateMachineArn: arn }));
      const start = ["start-execution", "--state-machine-arn", arn, "--name", "by-hand", "--input"];
      const { executionArn } = await aws(...start, '{"operation":"op_none"}');
      expect(executionArn).toBe(arn.replace(":stateMachine:", ":execution:").concat(":by-hand"));
      await expect(aws(...start, "{}")).rejects.toMatchObject({
        stderr: expect.stringContaining("(ExecutionAlreadyExists)"),
      });
      const { events } = await aws("get-execution-history", "--execution-arn", executionArn);
      expect(events[0]).toMatchObject({ id: 1, type: "ExecutionStarted" });
      await aws("stop-execution", "--execution-arn", executionArn, "--cause", "enough");
      const { status } = await aws("describe-execution", "--execution-arn", executionArn);
      expect(["ABORTED", "FAILED", "SUCCEEDED"]).toContain(status);
    },
    240_000,
  );
});

function found(program: string): string[] {
  const paths = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, program));
  return paths.filter(isExecutable).slice(0, 1);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
