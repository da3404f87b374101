import { ReportQuery } from "#core/api/cell-agent.ts";
import type { CellDigest } from "#core/model/instance.ts";
import { timestampOf } from "#core/model/time.ts";
import { AGENT_VERSION } from "../cell.ts";
import type { Endpoint } from "./endpoint.ts";
import { parse } from "./parse.ts";

/** GET /v1/report?since&wait */
export const getReport: Endpoint = async (
  { journal, polls, clock, pinned, book, held: whyHeld },
  { query, caller },
) => {
  const { since, wait } = parse(ReportQuery, query);
  const news = () => {
    const found = journal.since(since);
    return found.cursor === since ? undefined : found;
  };
  const found = (await polls.until(news, { seconds: wait, caller })) ?? journal.since(since);
  const held = await whyHeld();
  const digest: CellDigest = {
    ...found,
    at: timestampOf(clock.now()),
    agent: AGENT_VERSION,
    epoch: pinned.epoch(),
    capacity: { networks: book.room() },
    ...(held === null ? {} : { held }),
  };
  return { status: 200, body: digest };
};
