import type { Step } from "./plan.ts";

/** How a command ended, and what it wrote. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

export interface Hands {
  run(command: readonly [string, ...string[]]): Promise<Ended>;
  say(line: string): void;
}

/** Takes the steps in order. After a failure only what takes away is done. Answers whether all went well. */
export async function takeSteps(steps: readonly Step[], { run, say }: Hands): Promise<boolean> {
  let failed: Step | undefined;
  let kept = false;
  for (const step of steps) {
    if (failed && !step.always) continue;
    say(`${step.what}: ${step.command.join(" ")}`);
    if (isWell(step, await run(step.command))) continue;
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

const isWell = ({ says }: Step, { code, output }: Ended): boolean =>
  code === 0 && (says === undefined || output.trim() === says);
