import { defineConfig } from "vitest/config";

/**
 * The default suite: everything that needs nothing but npm and nats-server. Test files share two cores, so what starts many
 * processes gets generous limits; no test measures time.
 */
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/aws/**", "test/infra/**", "test/kube/**"],
    testTimeout: 120_000,
    expect: { poll: { timeout: 20_000, interval: 20 } },
    hookTimeout: 120_000,
    pool: "forks",
    maxWorkers: 2,
    globalSetup: "test/find-nats-server.ts",
  },
});
