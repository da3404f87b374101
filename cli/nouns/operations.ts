import type { Operation } from "#core/model/operation.ts";
import { age } from "../age.ts";
import { duration, noun } from "../command.ts";
import { writeOne } from "../output.ts";
import type { Session } from "../session.ts";
import { watchOperation } from "../watch-operation.ts";

export const operations = noun({
  name: "operations",
  about: "accepted changes of networks, readable until long after their end",
  verbs: [
    {
      usage: "get <operation>",
      does: "show an operation and each of its steps",
      examples: ["operations get op_01k…", "operations get op_01k… -o json"],
      act: async (session, { args: [id = ""] }) => {
        const { body } = await session.api.call<Operation>({ path: `/v1/operations/${encodeURIComponent(id)}` });
        await show(session, body);
      },
    },
    {
      usage: "watch <operation>",
      does: "wait for the end of an operation, and tell each step on stderr; exit code 1 when it failed",
      examples: ["operations watch op_01k…", "operations watch op_01k… --timeout 60s"],
      options: (command) =>
        command.option("--timeout <duration>", "how long to wait; exit code 4 after that", duration, duration("10m")),
      act: async (session, { args: [id = ""], options: { timeout } }) =>
        show(session, await watchOperation(session, encodeURIComponent(id), Number(timeout))),
    },
  ],
});

async function show({ terminal, format }: Session, operation: Operation): Promise<void> {
  const now = terminal.now();
  const { id, kind, network, generation, state, step, attempt, error, timeline, actor, createdAt } = operation;
  await writeOne(terminal, format, {
    data: operation,
    name: id,
    shown: [
      ["Id", id],
      ["Kind", `${kind} of ${network} at generation ${generation}`],
      ["State", state],
      ["Step", step ?? "-"],
      ["Attempt", String(attempt)],
      ...(error ? [["Error", error.detail] as const] : []),
      ["By", actor],
      ["Age", age(createdAt, now)],
      [
        "Timeline",
        timeline.map((one) => `${one.at}  ${one.step} ${one.outcome}  ${one.detail}`.trimEnd()).join("\n") || "-",
      ],
    ],
  });
}
