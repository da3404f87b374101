import type { Step } from "./plan.ts";

export interface Hands {
  /** Runs a command; its exit code. */
  run(command: readonly [string, ...string[]]): Promise<number>;
  say(line: string): void;
}

/** Takes the steps in order. After a failure only what takes away is done. Answers whether all went well. */
export async function takeSteps(steps: readonly Step[], { run, say }: Hands): Promise<boolean> {
  let failed: Step | undefined;
  let kept = false;
  for (const step of steps) {
    if (failed && !step.always) continue;
    say(`${step.what}: ${step.command.join(" ")}`);
    if ((await run(step.command)) === 0) continue;
    if (step.mayFail) {
      say(`${step.what}: failed, which may be because it is gone already.`);
      continue;
    }
    say(`${step.what}: failed.`);
    kept ||= step.always === true;
    failed ??= step;
  }
  if (kept) say("Something could not be destroyed and goes on costing money: look at the stacks of this region.");
  return failed === undefined;
}
