import fc from "fast-check";
import { expect, it } from "vitest";
import { Refusal } from "#core/errors.ts";
import { hasEnded } from "#core/model/operation.ts";
import { sweep } from "#core/operations/sweep.ts";
import type { Store, Workflows } from "#core/ports.ts";
import { aKey, anApi, type CallApi } from "../an-api.ts";
import { aControlPlane, type Intent, sqliteIntent, type TestControlPlane } from "../control-plane.ts";

/** What should be: every network that somebody asked for and nobody deleted, with its last label. */
type Model = Map<string, { generation: number; label: string }>;

/** A control plane that can be made to fail, and two who call it. */
interface Real {
  readonly plane: TestControlPlane<Store>;
  readonly callers: readonly [CallApi, CallApi];
  /** Ids by name, also of what is deleted. */
  readonly ids: Map<string, string>;
  readonly broken: { store: boolean };
  count: number;
}

const networks = "/v1/orgs/default/networks";
const pathOf = ({ ids }: Real, name: string) => `/v1/networks/${ids.get(name)}`;
const patch = (call: CallApi, real: Real, name: string, label: string, ifMatch: string) =>
  call("PATCH", pathOf(real, name), { body: { labels: { label } }, headers: { "if-match": ifMatch } });

type Step = (model: Model, real: Real) => Promise<void>;

/** Something to do with one of the networks there are; nothing where there are none. */
const withOne =
  (step: (name: string, model: Model, real: Real) => Promise<void>) =>
  (place: number): Step =>
  async (model, real) => {
    const names = [...model.keys()];
    const name = names[place % names.length];
    if (name !== undefined) await step(name, model, real);
  };

const steps = {
  /** Both ask for the same name at once: one has it. */
  create: (): Step => async (model, real) => {
    const name = `n-${real.count++}`;
    const answers = await Promise.all(
      real.callers.map((call) => call("POST", networks, { body: { name, labels: { label: "new" } } })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
    real.ids.set(name, answers.find(({ status }) => status === 202)?.json.network.id ?? "");
    model.set(name, { generation: 1, label: "new" });
  },
  /** Both change what they read, at once: one is told to read again. */
  change: withOne(async (name, model, real) => {
    const known = model.get(name) ?? { generation: 0 };
    const labels = [`a-${real.count}`, `b-${real.count++}`];
    const answers = await Promise.all(
      real.callers.map((call, n) => patch(call, real, name, labels[n] ?? "", `"${known.generation}"`)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 412]);
    const won = answers.findIndex(({ status }) => status === 202);
    model.set(name, { generation: known.generation + 1, label: labels[won] ?? "" });
  }),
  /** One deletes while the other changes: it goes, whoever comes first. */
  remove: withOne(async (name, model, real) => {
    const [one, other] = real.callers;
    const [removed, changed] = await Promise.all([
      one("DELETE", pathOf(real, name), { headers: { "if-match": "*" } }),
      patch(other, real, name, "late", "*"),
    ]);
    expect(removed.status).toBe(202);
    expect([202, 409]).toContain(changed.status);
    model.delete(name);
  }),
  /** What is refused for want of a store has changed nothing. */
  fail: withOne(async (name, model, real) => {
    real.broken.store = true;
    const answer = await patch(real.callers[0], real, name, "lost", "*");
    real.broken.store = false;
    expect(answer.status).toBe(503);
    const read = await real.callers[1]("GET", pathOf(real, name));
    expect(read.headers.get("etag")).toBe(`"${model.get(name)?.generation}"`);
  }),
  /** The signals reach whoever works. */
  follow:
    (): Step =>
    (_, { plane }) =>
      plane.follow(),
  /** They are lost on the way. */
  lose:
    (): Step =>
    (_, { plane }) =>
      plane.lose(),
  /** Everything that waits is taken up, what runs already too; or no workflow can be started. */
  sweep:
    (): Step =>
    (_, { plane }) =>
      takeUp(plane),
  refuse:
    (): Step =>
    async (_, { plane }) => {
      const start: Workflows["start"] = () => Promise.reject(new Refusal("unavailable", "No workflow starts now."));
      await sweep({ ...plane.deps, workflows: { start } }, inAnHour(plane));
    },
};

const inAnHour = ({ clock }: TestControlPlane<Store>) => clock.now() + 3_600_000;
const takeUp = async (plane: TestControlPlane<Store>) => void (await sweep(plane.deps, inAnHour(plane)));

/** Whatever happened: in the end there is in the cells what was asked for last, and nothing else. */
async function settle(model: Model, { plane, ids, callers: [call] }: Real): Promise<void> {
  const { store, cells } = plane;
  const open = async () => {
    const newest = await Promise.all(
      [...ids.values()].map((id) => store.list("operations-of-network", id, { limit: 1, descending: true })),
    );
    const operations = await store.getMany(
      "operation",
      newest.flat().map(({ id }) => id),
    );
    return operations.filter(({ value }) => !hasEnded(value)).length;
  };
  await expect
    .poll(
      async () => {
        if ((await open()) > 0) await takeUp(plane);
        return open();
      },
      { interval: 250, timeout: 60_000 },
    )
    .toBe(0);

  const wanted = [...model].map(([name, { label, generation }]) => ({ name, label, generation, phase: "ready" }));
  const shown = await Promise.all(
    [...ids].map(async ([name, id]) => {
      const { status, json } = await call("GET", `/v1/networks/${id}`);
      const network = json as unknown as { generation: number; labels: { label: string }; status: { phase: string } };
      if (status !== 200) return [];
      return [{ name, label: network.labels.label, generation: network.generation, phase: network.status.phase }];
    }),
  );
  expect(shown.flat()).toEqual(wanted);
  const [cell] = await store.list("cells", "all", { limit: 1 });
  expect([...cells.in(cell?.id ?? "").keys()].sort()).toEqual([...model.keys()].map((name) => ids.get(name)).sort());
}

async function aReal(): Promise<Real> {
  const broken = { store: false };
  const inner = sqliteIntent();
  const store: Store = {
    ...inner.store,
    commit: (changes) =>
      broken.store ? Promise.reject(new Refusal("unavailable", "The store is busy.")) : inner.store.commit(changes),
  };
  const intent: Intent<Store> = { ...inner, store };
  const plane = await aControlPlane({ intent });
  await plane.addCell();
  const callers = [anApi(plane, await aKey(plane)), anApi(plane, await aKey(plane, { platform: true }))] as const;
  return { plane, callers, ids: new Map(), broken, count: 0 };
}

it("does what a model of a map says, with two callers and whatever is lost on the way", async () => {
  const one = fc.nat(5);
  const commands = fc.oneof(
    fc.constant({ name: "create", step: steps.create() }),
    one.map((place) => ({ name: `change ${place}`, step: steps.change(place) })),
    one.map((place) => ({ name: `remove ${place}`, step: steps.remove(place) })),
    one.map((place) => ({ name: `fail ${place}`, step: steps.fail(place) })),
    fc.constantFrom(
      { name: "follow", step: steps.follow() },
      { name: "lose", step: steps.lose() },
      { name: "sweep", step: steps.sweep() },
      { name: "refuse", step: steps.refuse() },
    ),
  );
  const named = fc.array(commands, { minLength: 3, maxLength: 20 }).map((all) => ({
    all,
    [fc.toStringMethod]: () => all.map(({ name }) => name).join(", "),
  }));
  await fc.assert(
    fc.asyncProperty(named, async ({ all }) => {
      const model: Model = new Map();
      const real = await aReal();
      try {
        for (const { step } of all) await step(model, real);
        await settle(model, real);
      } finally {
        await real.plane.close();
      }
    }),
    { numRuns: 20 },
  );
}, 120_000);
