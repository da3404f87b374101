import { spawnSync } from "node:child_process";

/** Says what to do where there is no Java, instead of failing a hundred times for a reason that nobody names. */
export function requireJava(): void {
  const { error, status } = spawnSync("java", ["-version"], { stdio: "ignore" });
  if (error || status !== 0)
    throw new Error(
      "The suite aws runs on DynamoDB Local, which needs Java 17 or newer in PATH (on Debian: apt-get install openjdk-17-jre-headless).",
    );
}
