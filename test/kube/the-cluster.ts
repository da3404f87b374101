import { spawn, spawnSync } from "node:child_process";

/** A real cluster with a node and Traefik, as the suite's environment names it. */
export interface TheCluster {
  readonly kubeconfig: string;
  /** Where this machine reaches Traefik's entry points `websecure` and `nats`: `host:port`. */
  readonly api: Address;
  readonly nats: Address;
  /** Where pods reach this machine. */
  readonly hostIp: string;
  /** Runs kubectl; its stdout, or an error with all that it said. */
  readonly kubectl: (...args: string[]) => string;
  /** Applies manifests, as a person does who uses kubectl. */
  readonly apply: (...objects: object[]) => void;
  /** What `kubectl get` says, or undefined where there is no such object. */
  readonly get: <T = Json>(kind: string, name: string, namespace?: string) => T | undefined;
  readonly list: <T = Json>(kind: string, ...args: string[]) => T[];
}

/** An object of the cluster: tests look into it member by member. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Address {
  readonly host: string;
  readonly port: number;
}

const value = (name: string): string => {
  const found = process.env[name];
  if (!found) throw new Error(`${name} is not set: see "The suite on a real cluster" in CONTRIBUTING.md.`);
  return found;
};

function addressIn(name: string): Address {
  const [host = "", port = ""] = value(name).split(":");
  return { host, port: Number(port) };
}

/** The cluster of the suite, or its second one: the variables of that end in `_2`. */
export function theCluster(suffix: "" | "_2" = ""): TheCluster {
  const kubeconfig = value(`TEST_KUBECONFIG${suffix}`);
  const run = (args: readonly string[], input?: string) =>
    spawnSync("kubectl", ["--kubeconfig", kubeconfig, "--request-timeout=30s", ...args], {
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
      ...(input === undefined ? {} : { input }),
    });
  const must = (args: readonly string[], input?: string) => {
    const { status, stdout, stderr, error } = run(args, input);
    if (status !== 0) throw error ?? new Error(`kubectl ${args.join(" ")}: ${stderr || stdout}`);
    return stdout;
  };
  const at = (namespace: string | undefined) => (namespace === undefined ? [] : ["-n", namespace]);
  return {
    kubeconfig,
    api: addressIn(`TEST_CELL_API${suffix}`),
    nats: addressIn(`TEST_CELL_NATS${suffix}`),
    hostIp: value(`TEST_HOST_IP${suffix}`),
    kubectl: (...args) => must(args),
    apply: (...objects) =>
      void must(
        ["apply", "-f", "-"],
        objects.map((object) => `---\n${JSON.stringify(object, undefined, 1)}\n`).join(""),
      ),
    get(kind, name, namespace) {
      const out = must(["get", kind, name, ...at(namespace), "-o", "json", "--ignore-not-found"]);
      return out.trim() === "" ? undefined : JSON.parse(out);
    },
    list: (kind, ...args) => JSON.parse(must(["get", kind, "-o", "json", ...args])).items,
  };
}

/** Runs a command that the environment names, such as the one that stops the API server. */
export function runHook(name: string): Promise<void> {
  const child = spawn("sh", ["-c", value(name)], { stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("exit", (code) => (code === 0 ? done() : fail(new Error(`${name} ended with ${code}`))));
  });
}
