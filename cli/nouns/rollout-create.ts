import type { Rollout } from "#core/model/rollout/rollout.ts";
import type { Verb } from "../command.ts";
import { readObject } from "../read-document.ts";
import { reasoned, reasonFor } from "../reason.ts";
import { rolloutFlags, specOf } from "../rollout/rollout-request.ts";
import { showRollout } from "../rollout/show-rollout.ts";
import { watchRollout } from "../rollout/watch-rollout.ts";

export const createRollout: Verb = {
  usage: "create",
  does: "change networks across the fleet, wave by wave; without --only-… or --selector that is the whole fleet",
  examples: [
    'rollouts create --release 1.5.0 --from 1.4.x --reason "labels are kept" --watch',
    'rollouts create --release 1.5.0 --only-network factory-7 --waves 100% --reason "a first one"',
    'rollouts create --release 1.5.0 --waves 1,10%,100% --gate-before 2 --on-failure rollback --reason "as planned"',
    'rollouts create --set heartbeat=10s --selector env=prod --max-concurrent 5% --reason "see outages sooner"',
    "rollouts create -f rollout.yaml",
  ],
  options: (command) =>
    reasoned(rolloutFlags(command)).option("-w, --watch", "watch it to its end, as `rollouts watch` does"),
  act: async (session, given) => {
    const { terminal, api } = session;
    const { file, watch } = given.options;
    const document = typeof file === "string" ? await readObject(terminal, file) : {};
    const isRequest = "spec" in document;
    const inFile = (isRequest ? document.spec : document) as Record<string, unknown>;
    const spec = await specOf(inFile, given.options, {
      networks: async (names) => Promise.all(names.map(async (name) => (await session.network(name)).id)),
      cells: async (names) => Promise.all(names.map(async (name) => (await session.cell(name)).id)),
    });
    const said = isRequest && typeof document.reason === "string" ? { reason: document.reason } : {};
    const reason = await reasonFor(
      session,
      { ...given, options: { ...said, ...given.options } },
      "Why is this rolled out?",
    );
    const { body } = await api.call<Rollout>({
      method: "POST",
      path: "/v1/rollouts",
      headers: { "idempotency-key": crypto.randomUUID() },
      body: { spec, reason },
    });
    if (watch) return watchRollout(session, body.id);
    await showRollout(session, body.id);
  },
};
