import type { NetworkEvent } from "#core/model/event.ts";
import type { Operation } from "#core/model/operation.ts";
import { age } from "../age.ts";
import { count, type Verb } from "../command.ts";
import { writeList } from "../output.ts";
import { everything, type Session } from "../session.ts";

/** A network that is gone is known by its id alone. */
const idOf = async (session: Session, which: string): Promise<string> =>
  /^net_[0-9a-z]{26}$/.test(which) ? which : (await session.network(which)).id;

export const networkHistory: readonly Verb[] = [
  {
    usage: "events <network>",
    does: "say what happened to a network, newest first; by its id also when it is gone",
    examples: ["networks events factory-7", "networks events net_01k… --limit 200"],
    options: (command) => command.option("--limit <n>", "at most so many", count, 50),
    act: async (session, { args: [which = ""], options: { limit } }) => {
      const { terminal, format, api } = session;
      const path = `/v1/networks/${await idOf(session, which)}/events`;
      await writeList(terminal, format, await everything<NetworkEvent>(api, path, Number(limit)), {
        nameOf: ({ id }) => id,
        whenEmpty: "Nothing has happened to it.",
        columns: [
          { title: "AT", of: ({ at }) => at },
          { title: "WHAT", of: ({ type }) => type },
          { title: "MESSAGE", of: ({ message }) => message },
          { title: "ID", of: ({ id }) => id, wide: true },
        ],
      });
    },
  },
  {
    usage: "operations <network>",
    does: "list the changes of a network, newest first; by its id also when it is gone",
    examples: ["networks operations factory-7"],
    options: (command) => command.option("--limit <n>", "at most so many", count, 50),
    act: async (session, { args: [which = ""], options: { limit } }) => {
      const { terminal, format, api } = session;
      const path = `/v1/networks/${await idOf(session, which)}/operations`;
      const now = terminal.now();
      await writeList(terminal, format, await everything<Operation>(api, path, Number(limit)), {
        nameOf: ({ id }) => id,
        whenEmpty: "It was never changed.",
        columns: [
          { title: "ID", of: ({ id }) => id },
          { title: "KIND", of: ({ kind }) => kind },
          { title: "GENERATION", of: ({ generation }) => String(generation) },
          { title: "STATE", of: ({ state }) => state },
          { title: "AGE", of: ({ createdAt }) => age(createdAt, now) },
          { title: "BY", of: ({ actor }) => actor },
          { title: "ERROR", of: ({ error }) => error?.detail ?? "-" },
        ],
      });
    },
  },
];
