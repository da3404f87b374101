import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { Input, Surroundings } from "../component.ts";
import { linesOf, rawEvents } from "./lines.ts";

/** Lines of the standard input. What was read and not delivered when the process dies is gone: a pipe cannot be read twice. */
export function stdinInput(source: Readable, { eventBytes }: Surroundings): Input {
  let isStopped = false;
  return {
    async run(intake) {
      const decoder = new StringDecoder("utf8");
      let rest = "";
      let offset = 0;
      let isSkipping = false;
      const take = (text: string) => {
        const raws = linesOf(text);
        const bytes = Buffer.byteLength(text);
        intake.take({ path: "", offset, bytes, raws, events: rawEvents(raws), committed: () => {} });
        offset += bytes;
      };
      for await (const chunk of source) {
        let text = rest + decoder.write(chunk as Buffer);
        if (isSkipping) {
          const lineEnd = text.indexOf("\n") + 1;
          text = lineEnd > 0 ? text.slice(lineEnd) : "";
          isSkipping = lineEnd === 0;
        }
        const end = text.lastIndexOf("\n") + 1;
        rest = text.slice(end);
        if (end > 0) {
          if (!(await intake.room())) return;
          take(text.slice(0, end));
        }
        if (rest.length > eventBytes) {
          const raws = [rest.slice(0, 1024)];
          intake.refuse(
            { path: "", offset, bytes: 0, raws, committed: () => {} },
            "the line is larger than eventBytes",
          );
          rest = "";
          isSkipping = true;
        }
        if (isStopped) return;
      }
      rest += decoder.end();
      if (rest !== "" && (await intake.room())) take(rest);
    },
    stop() {
      isStopped = true;
      source.destroy();
    },
    position: () => undefined,
    lagBytes: () => 0,
    behindSince: () => undefined,
    close: () => {},
  };
}
