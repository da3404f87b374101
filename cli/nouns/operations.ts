import type { Explanation } from "#core/model/explain.ts";
import type { Operation } from "#core/model/operation.ts";
import { age } from "../age.ts";
import { confirm, duration, noun, waiting, yes } from "../command.ts";
import { writeExplanation, writeOne } from "../output.ts";
import { reasoned, reasonFor } from "../reason.ts";
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
        const { body } = await session.api.call<Operation>({ path: pathOf(id) });
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
    {
      usage: "explain <operation>",
      does: "say what an operation waits for, and why",
      examples: ["operations explain op_01k…"],
      act: async ({ terminal, format, api }, { args: [id = ""] }) => {
        const { body } = await api.call<Explanation>({ path: `${pathOf(id)}/explain` });
        await writeExplanation(terminal, format, id, body);
      },
    },
    {
      usage: "retry <operation>",
      does: "try again what has failed or was cancelled",
      examples: ["operations retry op_01k…", "operations retry op_01k… --wait"],
      options: waiting,
      act: async (session, { args: [id = ""], options: { wait, timeout } }) => {
        const { body } = await session.api.call<Operation>({ method: "POST", path: `${pathOf(id)}/retry` });
        await show(session, wait ? await watchOperation(session, body.id, Number(timeout)) : body);
      },
    },
    {
      usage: "cancel <operation>",
      does: "stop trying; what was done so far stays",
      examples: ["operations cancel op_01k…"],
      act: async (session, { args: [id = ""] }) => {
        await show(session, (await session.api.call<Operation>({ method: "POST", path: `${pathOf(id)}/cancel` })).body);
        session.terminal.err(`Next: cellplane operations retry ${id}\n`);
      },
    },
    {
      usage: "force <operation>",
      does: "end a deletion that is stuck, whatever its cell says (for platform operators)",
      examples: ['operations force op_01k… --reason "its cell burned down" --yes'],
      options: (command) => yes(reasoned(command)),
      act: async (session, given) => {
        const [id = ""] = given.args;
        const reason = await reasonFor(session, given, "Why is it ended by decree?");
        await confirm(session, given, `End ${id}, though its cell may still have the network?`);
        const { body } = await session.api.call<Operation>({
          method: "POST",
          path: `${pathOf(id)}/force`,
          body: { reason },
        });
        await show(session, body);
      },
    },
  ],
});

const pathOf = (id: string): string => `/v1/operations/${encodeURIComponent(id)}`;

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
