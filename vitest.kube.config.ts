import { defineConfig } from "vitest/config";

/** The suite on a real Kubernetes cluster: what depends on how Kubernetes itself behaves. */
export default defineConfig({
  test: {
    include: ["test/kube/**/*.test.ts"],
    testTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    hookTimeout: 180_000,
    pool: "forks",
    // One cluster of two cores, and tests that stop its API server.
    fileParallelism: false,
  },
});
