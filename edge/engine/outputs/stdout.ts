import type { Writable } from "node:stream";
import type { StdoutOutput } from "#core/model/pipeline/document.ts";
import { fate } from "../batch.ts";
import type { Fail, Output, Surroundings } from "../component.ts";
import { encoder } from "../encode.ts";

/** Writes lines to the standard output, acknowledged when the system took them. */
export function stdoutOutput(options: StdoutOutput, target: Writable, around: Surroundings, fail: Fail): Output {
  const encode = encoder(options.format ?? "json", around.eventBytes);
  const broken = (error: Error) => around.fail(new Error(`the standard output is closed: ${error.message}`));
  target.on("error", broken);
  return {
    write(batch, indexes) {
      const taken: number[] = [];
      let text = "";
      for (const index of indexes) {
        try {
          text += `${encode(batch.events[index])}\n`;
          taken.push(index);
        } catch (error) {
          fail(batch, index, error);
        }
      }
      if (taken.length === 0) return;
      target.write(text, (error) => {
        if (error) return;
        for (const index of taken) batch.settle(index, fate.out);
      });
    },
    flush: () => {},
    blocked: () => undefined,
    close: () => {
      target.off("error", broken);
    },
  };
}
