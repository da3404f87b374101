import { accessSync, chmodSync, constants, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { codeOf, Failure } from "./failure.ts";

/** Every file of a node, in one place. */
export const filesOf = (folder: string) => ({
  key: join(folder, "node.key"),
  identity: join(folder, "identity.json"),
  jwt: join(folder, "nats.jwt"),
  ca: join(folder, "ca.pem"),
  policy: join(folder, "policy.yaml"),
  config: join(folder, "config.yaml"),
  /** What was wanted and what works: the last two good sets. */
  memory: join(folder, "desired.json"),
  bodies: join(folder, "pipelines"),
  state: join(folder, "state"),
  status: join(folder, "status.json"),
  lock: join(folder, "lock"),
});

export type NodeFiles = ReturnType<typeof filesOf>;

export interface FolderChoice {
  readonly option: string | undefined;
  readonly environment: string | undefined;
  readonly home: string;
  /** Whether the machine-wide folder exists, or can be made, and is ours to write. */
  readonly systemWritable: boolean;
}

export const SYSTEM_FOLDER = "/var/lib/cellplane-edge";

/** `--data`, then `CELLPLANE_EDGE_DATA`, then the machine-wide folder where it is ours (a service), then one's own. */
export function chooseDataFolder({ option, environment, home, systemWritable }: FolderChoice): string {
  return option || environment || (systemWritable ? SYSTEM_FOLDER : join(home, ".cellplane-edge"));
}

export function isSystemFolderWritable(): boolean {
  try {
    accessSync(existsSync(SYSTEM_FOLDER) ? SYSTEM_FOLDER : dirname(SYSTEM_FOLDER), constants.W_OK);
    return process.platform === "linux";
  } catch {
    return false;
  }
}

/** Makes the folder (0700) and proves that it takes a write, so that a full or read-only disk is said at the start. */
export function openDataFolder(folder: string): NodeFiles {
  const files = filesOf(folder);
  const probe = join(folder, `.probe-${process.pid}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    writeFileSync(probe, "probe", { mode: 0o600 });
    rmSync(probe);
    for (const part of [files.bodies, files.state]) mkdirSync(part, { recursive: true, mode: 0o700 });
    return files;
  } catch (error) {
    if (existsSync(probe)) rmSync(probe);
    const code = codeOf(error);
    const reason =
      { EACCES: "it is not yours to write", EPERM: "it is not yours to write", ENOSPC: "the disk is full" }[code] ??
      { EROFS: "its file system is read-only", ENOTDIR: "a part of the path is a file" }[code] ??
      code;
    throw new Failure(
      "refused",
      `Cannot use the data folder ${folder}: ${reason}.`,
      "Choose another with --data DIR or CELLPLANE_EDGE_DATA.",
      error,
    );
  }
}
