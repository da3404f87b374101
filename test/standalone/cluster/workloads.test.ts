import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { aCell, type Cell } from "./cell.ts";
import { ask, expectContainer, expectEnded, podsOf, portOf, readyPod, soon, whoAnswers } from "./pods.ts";
import {
  aContainer,
  aDeployment,
  aNamespace,
  aService,
  aStatefulSet,
  chatty,
  crash,
  stubborn,
  web,
} from "./programs.ts";

let cell: Cell;
let ns: string;
let count = 0;

beforeAll(async () => {
  cell = await aCell({ web, crash, stubborn, chatty });
});
afterAll(() => cell.close());
beforeEach(async () => {
  count += 1;
  ns = `ns-${count}`;
  await cell.cluster.apply(aNamespace(ns));
});

async function apply(...objects: Parameters<Cell["cluster"]["apply"]>[0][]): Promise<void> {
  for (const object of objects) await cell.cluster.apply(object);
}
const deployment = () => cell.cluster.get({ apiVersion: "apps/v1", kind: "Deployment", name: "web", namespace: ns });

describe("a deployment", () => {
  it("replaces its pod without one refused connection", async () => {
    await apply(aService("web", ns), aDeployment(ns));
    const port = await portOf(cell, "web", ns);
    await readyPod(cell, ns);
    const first = await whoAnswers(port);

    const answers: number[] = [];
    const failures: unknown[] = [];
    let done = false;
    const asking = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (!done)
          await whoAnswers(port).then(
            ({ pid }) => answers.push(pid),
            (error) => failures.push(error),
          );
      }),
    );
    await apply(aDeployment(ns, aContainer(), { annotations: { "example.com/rolled": "1" } }));
    await vi.waitFor(async () => expect((await whoAnswers(port)).pid).not.toBe(first.pid), soon);
    await readyPod(cell, ns);
    done = true;
    await asking;
    expect(failures).toEqual([]);
    expect(new Set(answers).size).toBe(2);
    await expectEnded(first.pid);
    await vi.waitFor(
      async () =>
        expect((await deployment())?.status).toMatchObject({
          observedGeneration: 2,
          updatedReplicas: 1,
          readyReplicas: 1,
          availableReplicas: 1,
          replicas: 1,
        }),
      soon,
    );
  });

  it("keeps the old pod while the new one is not ready", async () => {
    await apply(aService("web", ns), aDeployment(ns));
    const old = await readyPod(cell, ns);
    await apply(aDeployment(ns, aContainer({ readinessProbe: { httpGet: { path: "/none", port: "http" } } })));
    await vi.waitFor(async () => expect(await podsOf(cell, ns)).toHaveLength(2), soon);
    await vi.waitFor(
      async () =>
        expect((await deployment())?.status).toMatchObject({
          observedGeneration: 2,
          updatedReplicas: 1,
          readyReplicas: 1,
        }),
      soon,
    );
    expect((await whoAnswers(await portOf(cell, "web", ns))).env.HOSTNAME).toBe(old.metadata.name);

    await apply(aDeployment(ns));
    await vi.waitFor(
      async () => expect((await podsOf(cell, ns)).map(({ metadata }) => metadata.uid)).toEqual([old.metadata.uid]),
      soon,
    );
  });

  it("replaces a pod that somebody deletes, and scales", async () => {
    await apply(aDeployment(ns));
    const { metadata } = await readyPod(cell, ns);
    await cell.cluster.remove({ apiVersion: "v1", kind: "Pod", name: metadata.name, namespace: ns });
    await vi.waitFor(
      async () => expect((await podsOf(cell, ns)).map((pod) => pod.metadata.uid)).not.toContain(metadata.uid),
      soon,
    );
    await apply(aDeployment(ns, aContainer(), { replicas: 3 }));
    await vi.waitFor(async () => expect((await deployment())?.status).toMatchObject({ readyReplicas: 3 }), soon);
    await apply(aDeployment(ns, aContainer(), { replicas: 0 }));
    await vi.waitFor(async () => expect(await podsOf(cell, ns)).toEqual([]), soon);
  });

  it("takes processes, files and objects along when its namespace goes", async () => {
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data", namespace: ns },
      spec: {},
    };
    const volumes = [{ name: "data", persistentVolumeClaim: { claimName: "data" } }];
    const container = aContainer({ volumeMounts: [{ name: "data", mountPath: "/data" }] });
    await apply(claim, aService("web", ns), aDeployment(ns, container, { volumes }));
    await readyPod(cell, ns);
    const { pid } = await whoAnswers(await portOf(cell, "web", ns));
    expect(existsSync(join(cell.data, "claims", ns, "data"))).toBe(true);

    await cell.cluster.remove({ apiVersion: "v1", kind: "Namespace", name: ns });
    await vi.waitFor(
      async () => expect(await cell.cluster.get({ apiVersion: "v1", kind: "Namespace", name: ns })).toBeUndefined(),
      soon,
    );
    await expectEnded(pid);
    expect(existsSync(join(cell.data, "claims", ns, "data"))).toBe(false);
    expect(await podsOf(cell, ns)).toEqual([]);
  });
});

describe("a stateful set", () => {
  const container = () => aContainer({ volumeMounts: [{ name: "data", mountPath: "/data" }] });
  const volumes = [{ name: "data", persistentVolumeClaim: { claimName: "data" } }];
  const claim = () => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data", namespace: ns },
    spec: {},
  });

  it("keeps name and claim, and ends its pod before it starts the next", async () => {
    await apply(claim(), aService("db", ns), aStatefulSet(ns, container(), { volumes }));
    const first = await readyPod(cell, ns);
    expect(first.metadata.name).toBe("db-0");
    const port = await portOf(cell, "db", ns);
    const { pid } = await whoAnswers(port);

    await apply(aStatefulSet(ns, container(), { volumes, annotations: { a: "2" } }));
    await vi.waitFor(async () => expect((await readyPod(cell, ns)).metadata.uid).not.toBe(first.metadata.uid), soon);
    const second = await whoAnswers(port);
    expect(second.env.HOSTNAME).toBe("db-0");
    expect(second.pid).not.toBe(pid);
    await expectEnded(pid);
  });

  it("makes a claim of its own per claim template, which stays when the set goes", async () => {
    const set = aStatefulSet(ns, container());
    const volumeClaimTemplates = [
      { metadata: { name: "data", labels: { size: "s" } }, spec: { accessModes: ["ReadWriteOnce"] } },
    ];
    const spec = { ...(set.spec as object), volumeClaimTemplates };
    await apply({ ...set, spec });
    await readyPod(cell, ns);
    const ref = { apiVersion: "v1", kind: "PersistentVolumeClaim", name: "data-db-0", namespace: ns };
    expect((await cell.cluster.get(ref))?.metadata.labels).toEqual({ size: "s", app: "db" });
    await cell.cluster.remove({ apiVersion: "apps/v1", kind: "StatefulSet", name: "db", namespace: ns });
    await vi.waitFor(async () => expect(await podsOf(cell, ns)).toEqual([]), soon);
    expect((await cell.cluster.get(ref))?.metadata.deletionTimestamp).toBeUndefined();
    expect(existsSync(join(cell.data, "claims", ns, "data-db-0"))).toBe(true);
  });

  it("leaves its pod alone with OnDelete until somebody deletes it", async () => {
    const updateStrategy = { type: "OnDelete" };
    const ref = { apiVersion: "apps/v1", kind: "StatefulSet", name: "db", namespace: ns };
    await apply(claim(), aStatefulSet(ns, container(), { volumes, updateStrategy }));
    const first = await readyPod(cell, ns);
    await apply(aStatefulSet(ns, container(), { volumes, updateStrategy, annotations: { a: "2" } }));
    await vi.waitFor(
      async () =>
        expect((await cell.cluster.get(ref))?.status).toMatchObject({
          observedGeneration: 2,
          updatedReplicas: 0,
          readyReplicas: 1,
        }),
      soon,
    );
    expect((await readyPod(cell, ns)).metadata.uid).toBe(first.metadata.uid);
    await cell.cluster.remove({ apiVersion: "v1", kind: "Pod", name: "db-0", namespace: ns });
    await vi.waitFor(
      async () => expect((await cell.cluster.get(ref))?.status).toMatchObject({ updatedReplicas: 1, readyReplicas: 1 }),
      soon,
    );
  });
});

describe("a container", () => {
  it("is started again with growing pauses when it ends, and says why", async () => {
    await apply(aDeployment(ns, { name: "main", image: "crash", args: ["7"] }));
    await expectContainer(cell, ns, {
      restartCount: expect.toSatisfy((n: number) => n >= 2),
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: { terminated: { exitCode: 7, reason: "Error" } },
    });
  });

  it("is started again when it is killed or ends by itself", async () => {
    await apply(aService("web", ns), aDeployment(ns));
    await readyPod(cell, ns);
    const port = await portOf(cell, "web", ns);
    const { pid } = await whoAnswers(port);
    process.kill(pid, "SIGKILL");
    await vi.waitFor(async () => expect((await whoAnswers(port)).pid).not.toBe(pid), soon);
    await expectContainer(cell, ns, { restartCount: 1, ready: true, lastState: { terminated: { exitCode: 137 } } });
  });

  it("waits with a reason for an image that is not here", async () => {
    await apply(aDeployment(ns, { name: "main", image: "nobody/knows:1" }));
    await expectContainer(cell, ns, {
      ready: false,
      state: { waiting: { reason: "ErrImageNeverPull", message: expect.stringContaining("nobody/knows:1") } },
    });
  });

  it.each([
    ["command", { command: ["sh"] }, "command"],
    ["an exec probe", { readinessProbe: { exec: { command: ["true"] } } }, "probes"],
  ])("says clearly that %s is not supported", async (_, more, named) => {
    await apply(aDeployment(ns, aContainer(more)));
    const message = expect.stringContaining(named);
    await expectContainer(cell, ns, { state: { waiting: { reason: "CreateContainerConfigError", message } } });
  });

  it("is killed with all it started when it does not end in time", async () => {
    const spec = aDeployment(ns, { name: "main", image: "stubborn" });
    await apply(spec);
    await readyPod(cell, ns);
    const log = vi.waitFor(async () => expect(await podsOf(cell, ns)).toEqual([]), soon);
    await apply({ ...spec, spec: { ...(spec.spec as object), replicas: 0 } });
    await log;
  });
});

describe("probes", () => {
  it("take a pod out of its service while it is not ready, and restart one that is not live", async () => {
    const livenessProbe = { httpGet: { path: "/live", port: "http" }, periodSeconds: 1, failureThreshold: 1 };
    const readinessProbe = { httpGet: { path: "/ready", port: 8080 }, periodSeconds: 1, failureThreshold: 1 };
    await apply(aService("web", ns), aDeployment(ns, aContainer({ livenessProbe, readinessProbe })));
    await readyPod(cell, ns);
    const port = await portOf(cell, "web", ns);
    const { pid, env } = await whoAnswers(port);
    const own = Number(env.PORT_HTTP);

    await ask(own, "/unready");
    await expectContainer(cell, ns, { ready: false, restartCount: 0 });
    await expect(whoAnswers(port)).rejects.toThrow();
    await ask(own, "/well");
    await readyPod(cell, ns);
    expect((await whoAnswers(port)).pid).toBe(pid);

    await ask(own, "/ill");
    await expectContainer(cell, ns, { restartCount: 1, ready: true });
    expect((await whoAnswers(port)).pid).not.toBe(pid);
  });

  it("give a slow starter the time of its startup probe, and no more", async () => {
    const startupProbe = { tcpSocket: { port: 1 }, periodSeconds: 1, failureThreshold: 1 };
    await apply(aDeployment(ns, aContainer({ startupProbe })));
    await expectContainer(cell, ns, { started: false, restartCount: 1 });
  });
});

describe("a log", () => {
  it("is kept within its size", async () => {
    await apply(aDeployment(ns, { name: "main", image: "chatty" }));
    const pod = await readyPod(cell, ns);
    const log = join(cell.data, "pods", ns, pod.metadata.name, "log");
    await vi.waitFor(() => expect(statSync(`${log}.1`).size).toBeGreaterThan(1024 * 1024), soon);
    await expect.poll(() => statSync(log).size).toBeLessThan(1024 * 1024);
    expect(readFileSync(`${log}.1`, "utf8")).toContain("hello");
  });
});

describe("what a program is given", () => {
  const secret = (data: Record<string, string>) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "keys", namespace: ns },
    stringData: data,
  });

  it("is the manifest's environment, resolved for this machine", async () => {
    await apply(secret({ token: "s3cret" }), aService("web", ns));
    const env = [
      { name: "PORT_HTTP", value: "8080" },
      { name: "URL", value: "http://x:$(PORT_HTTP)/" },
      { name: "PEER", value: `nats://web.${ns}.svc:80` },
      { name: "KEYS", value: "/etc/keys/token" },
      { name: "TOKEN", valueFrom: { secretKeyRef: { name: "keys", key: "token" } } },
      { name: "ABSENT", valueFrom: { configMapKeyRef: { name: "none", key: "x", optional: true } } },
      { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "NS", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
    ];
    const mounts = {
      volumeMounts: [
        { name: "keys", mountPath: "/etc/keys" },
        { name: "tmp", mountPath: "/tmp" },
      ],
    };
    const volumes = [
      { name: "keys", secret: { secretName: "keys" } },
      { name: "tmp", emptyDir: {} },
    ];
    await apply(aDeployment(ns, aContainer({ env, args: ["/tmp/x", "--no=/tmp", "$(NS)"], ...mounts }), { volumes }));
    const pod = await readyPod(cell, ns);
    const port = await portOf(cell, "web", ns);
    const answer = await whoAnswers(port);

    expect(answer.env).toMatchObject({ LISTEN_HOST: "127.0.0.1", TOKEN: "s3cret", POD: pod.metadata.name, NS: ns });
    expect(Number(answer.env.PORT_HTTP)).toBeGreaterThan(10_000);
    expect(answer.env.URL).toBe(`http://x:${answer.env.PORT_HTTP}/`);
    expect(answer.env.PEER).toBe(`nats://127.0.0.1:${port}`);
    expect(answer.env).not.toHaveProperty("ABSENT");
    expect(answer.env).not.toHaveProperty("npm_config_user_agent");
    const folder = join(cell.data, "pods", ns, pod.metadata.name, "volumes");
    expect(answer.env.KEYS).toBe(join(folder, "keys", "token"));
    expect(answer.args).toEqual([join(folder, "tmp", "x"), "--no=/tmp", ns]);
    expect(readFileSync(join(folder, "keys", "token"), "utf8")).toBe("s3cret");
    expect(statSync(join(folder, "keys", "token")).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "keys")).mode & 0o777).toBe(0o700);
    expect(statSync(cell.data).mode & 0o777).toBe(0o700);
    expect(statSync(join(cell.data, "cluster.db")).mode & 0o777).toBe(0o600);
  });

  it("waits for a Secret that is not there yet, and follows its changes while it runs", async () => {
    const volumes = [{ name: "keys", secret: { secretName: "keys" } }];
    const container = aContainer({ volumeMounts: [{ name: "keys", mountPath: "/keys" }] });
    await apply(aService("web", ns), aDeployment(ns, container, { volumes }));
    await expectContainer(cell, ns, { state: { waiting: { message: expect.stringContaining("Secret keys") } } });
    await apply(secret({ a: "1", b: "1" }));
    const pod = await readyPod(cell, ns);
    const { pid } = await whoAnswers(await portOf(cell, "web", ns));
    const folder = join(cell.data, "pods", ns, pod.metadata.name, "volumes", "keys");
    expect(readFileSync(join(folder, "a"), "utf8")).toBe("1");

    await apply(secret({ a: "2", c: "2" }));
    await expect.poll(() => readFileSync(join(folder, "a"), "utf8"), { timeout: 60_000, interval: 10 }).toBe("2");
    expect([existsSync(join(folder, "b")), readFileSync(join(folder, "c"), "utf8")]).toEqual([false, "2"]);
    expect((await whoAnswers(await portOf(cell, "web", ns))).pid).toBe(pid);
  });
});
