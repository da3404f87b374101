import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { run } from "./recorded-api.ts";

/** What bash itself offers after these words; the last one is being typed. */
async function offered(...words: string[]): Promise<string[]> {
  const { code, out } = await run("http://127.0.0.1:1", ["completion", "bash"]);
  expect(code).toBe(0);
  const typed = words.map((word) => `'${word}'`).join(" ");
  const script = `${out}\nCOMP_WORDS=(cellplane ${typed}); COMP_CWORD=${words.length}; _cellplane; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, status } = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8" });
  expect(status).toBe(0);
  return stdout.split("\n").filter((line) => line !== "");
}

describe("completion in bash", () => {
  it.each([
    [["net"], ["networks"]],
    [["ro"], ["rollouts"]],
    [
      ["rollouts", "re"],
      ["report", "resume", "retry-failed"],
    ],
    [
      ["rollouts", "roll"],
      ["roll-back", "rollback"],
    ],
    [["rollouts", "approve", "rol_1", "--g"], ["--gate"]],
    [["members", "create", "--r"], ["--role"]],
    [["rollouts", "watch", ""], []],
    [["nothing", ""], []],
  ])("of %j offers %j", async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });

  it("knows two shells", async () => {
    expect((await run("http://127.0.0.1:1", ["completion", "zsh"])).out).toMatch(
      /^autoload .*bashcompinit\n_cellplane/,
    );
    expect(await run("http://127.0.0.1:1", ["completion", "tcsh"])).toMatchObject({ code: 2 });
  });
});
