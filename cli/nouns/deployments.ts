import type { deploymentView } from "#core/model/deployment.ts";
import { age, elapsed } from "../age.ts";
import { confirm, noun, waiting, yes } from "../command.ts";
import { Failure } from "../failure.ts";
import { writeList, writeOne } from "../output.ts";
import { everything, type Session } from "../session.ts";

type Deployment = ReturnType<typeof deploymentView>;

interface Target {
  readonly node: string;
  readonly name: string;
  readonly state: string;
  readonly health: string | null;
  readonly message: string | null;
}

const LOOK_AGAIN_MS = 300;

const selectorText = ({ selector }: Deployment): string => {
  const text = typeof selector === "string" ? selector : JSON.stringify(selector);
  return text === "" || text === "{}" ? "every node" : text;
};

const progressText = ({ counts: { applied, failed, offline, total } }: Deployment): string =>
  [
    `${applied}/${total} applied`,
    ...(failed ? [`${failed} failed`] : []),
    ...(offline ? [`${offline} offline`] : []),
  ].join(", ");

export const deployments = noun({
  name: "deployments",
  about: "a pipeline on the nodes that a selector matches, also on those that come later",
  inNetwork: true,
  verbs: [
    {
      usage: "list",
      does: "list the deployments of a workspace",
      examples: ["deployments list"],
      act: async (session) => {
        const { terminal, format } = session;
        const { api, workspace } = await session.inNetwork();
        const now = terminal.now();
        await writeList(terminal, format, await everything<Deployment>(api, `${workspace}/deployments`), {
          nameOf: ({ id }) => id,
          whenEmpty:
            "There is no deployment yet. Make one: cellplane deployments create --pipeline NAME --selector env=prod",
          columns: [
            { title: "ID", of: ({ id }) => id },
            { title: "PIPELINE", of: ({ pipeline }) => pipeline },
            { title: "SELECTOR", of: selectorText },
            { title: "STATE", of: ({ state }) => state },
            { title: "NODES", of: progressText },
            { title: "AGE", of: ({ createdAt }) => age(createdAt, now) },
            { title: "BY", of: ({ createdBy }) => createdBy, wide: true },
          ],
        });
      },
    },
    {
      usage: "get <deployment>",
      does: "show one deployment",
      examples: ["deployments get dep_01k…"],
      act: async (session, { args: [id = ""] }) => {
        const { api, workspace } = await session.inNetwork();
        await show(session, (await api.call<Deployment>({ path: `${workspace}${pathOf(id)}` })).body);
      },
    },
    {
      usage: "create",
      does: "send a pipeline to the nodes that a selector matches",
      examples: [
        "deployments create --pipeline logs@1 --selector env=prod",
        "deployments create --pipeline logs --all --wait",
      ],
      options: (command) =>
        waiting(command)
          .requiredOption("--pipeline <name@revision>", "or a name alone, for its newest revision")
          .option("--selector <selector>", "such as 'env=prod,region in (eu,us)'")
          .option("--all", "every node of the workspace"),
      act: async (session, { options: { pipeline, selector, all, wait, timeout } }) => {
        if ((selector === undefined) === (all !== true))
          throw new Failure("usage", "Say which nodes are meant: --selector 'env=prod', or --all.");
        const { api, workspace } = await session.inNetwork();
        const { body } = await api.call<{ deployment: Deployment }>({
          method: "POST",
          path: `${workspace}/deployments`,
          headers: { "idempotency-key": crypto.randomUUID() },
          body: { pipeline, selector: selector ?? {} },
        });
        if (!wait) return show(session, body.deployment);
        const path = `${workspace}${pathOf(body.deployment.id)}`;
        await show(
          session,
          await watch(session, async () => (await api.call<Deployment>({ path })).body, Number(timeout)),
        );
      },
    },
    {
      usage: "targets <deployment>",
      does: "say how far it came on each node",
      examples: ["deployments targets dep_01k…"],
      act: async (session, { args: [id = ""] }) => {
        const { terminal, format } = session;
        const { api, workspace } = await session.inNetwork();
        await writeList(terminal, format, await everything<Target>(api, `${workspace}${pathOf(id)}/targets`), {
          nameOf: ({ node }) => node,
          whenEmpty: "No node matches its selector; one that comes later and does will get it.",
          columns: [
            { title: "NAME", of: ({ name }) => name },
            { title: "STATE", of: ({ state }) => state },
            { title: "HEALTH", of: ({ health }) => health ?? "-" },
            { title: "MESSAGE", of: ({ message }) => message ?? "-" },
            { title: "ID", of: ({ node }) => node },
          ],
        });
      },
    },
    {
      usage: "delete <deployment>",
      does: "take its pipeline off the nodes",
      examples: ["deployments delete dep_01k… --yes"],
      options: yes,
      act: async (session, given) => {
        const [id = ""] = given.args;
        const { api, workspace } = await session.inNetwork();
        await confirm(session, given, `Delete the deployment ${id} and take its pipeline off the nodes?`);
        await api.call({ method: "DELETE", path: `${workspace}${pathOf(id)}`, headers: { "if-match": "*" } });
        session.terminal.err(`The deployment ${id} is gone.\n`);
      },
    },
  ],
});

const pathOf = (id: string) => `/deployments/${encodeURIComponent(id)}`;

/** Waits until no node that could be reached is waited for. */
async function watch({ terminal }: Session, read: () => Promise<Deployment>, timeoutMs: number): Promise<Deployment> {
  const startedAt = terminal.now();
  let told = "";
  for (;;) {
    const deployment = await read();
    const passed = terminal.now() - startedAt;
    const now = `${deployment.state}: ${progressText(deployment)}`;
    if (now !== told) terminal.err(`${elapsed(passed).padStart(8)}  ${now}\n`);
    told = now;
    if (deployment.state !== "running") return judged(deployment);
    if (passed >= timeoutMs)
      throw new Failure(
        "timed-out",
        `The deployment ${deployment.id} is not complete after ${elapsed(timeoutMs)}. It goes on.`,
        `\`cellplane deployments targets ${deployment.id}\` says which nodes are waited for.`,
      );
    await terminal.sleep(LOOK_AGAIN_MS);
  }
}

function judged(deployment: Deployment): Deployment {
  if (deployment.counts.failed === 0) return deployment;
  throw new Failure(
    "refused",
    `The deployment ${deployment.id} failed on ${deployment.counts.failed} of ${deployment.counts.total} nodes.`,
    `\`cellplane deployments targets ${deployment.id}\` says why.`,
  );
}

async function show({ terminal, format }: Session, deployment: Deployment): Promise<void> {
  await writeOne(terminal, format, {
    data: deployment,
    name: deployment.id,
    shown: [
      ["Id", deployment.id],
      ["Pipeline", deployment.pipeline],
      ["Nodes", selectorText(deployment)],
      ["State", deployment.state],
      ["Progress", progressText(deployment)],
      ["Age", age(deployment.createdAt, terminal.now())],
    ],
  });
}
