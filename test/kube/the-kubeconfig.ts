import { execFileSync } from "node:child_process";

/** The API server of the suite, with or without nodes behind it. */
export interface TheKubeconfig {
  /** The file's path. */
  readonly kubeconfig: string;
  /** Applies manifests in YAML, as a person does who uses kubectl. */
  apply(yaml: string): void;
  kubectl(...args: string[]): string;
}

export function theKubeconfig(): TheKubeconfig {
  const kubeconfig = process.env.TEST_KUBECONFIG;
  if (!kubeconfig)
    throw new Error(
      'TEST_KUBECONFIG is not set: name a kubeconfig of a cluster for tests; see "Tests" in docs/cells.md.',
    );
  const run = (args: readonly string[], input?: string) =>
    execFileSync("kubectl", ["--kubeconfig", kubeconfig, ...args], {
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
      ...(input === undefined ? {} : { input }),
    });
  return {
    kubeconfig,
    apply: (yaml) => void run(["apply", "--server-side", "--force-conflicts", "-f", "-"], yaml),
    kubectl: (...args) => run(args),
  };
}
