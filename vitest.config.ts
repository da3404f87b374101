import { defineConfig } from "vitest/config";

/**
 * The default suite: everything that needs nothing but npm and nats-server. Test files share two cores, so what starts many
 * processes gets generous limits; no test measures time.
 */
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/aws/**", "test/infra/**", "test/kube/**"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
    globalSetup: "test/find-nats-server.ts",
  },
});
