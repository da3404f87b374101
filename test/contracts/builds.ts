import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Refusal } from "#core/errors.ts";
import type { Builds } from "#core/ports.ts";

export interface BuildsUnderTest {
  readonly builds: Builds;
  /** What a program of a release says it is, as a cell would start it; undefined where it would find none. */
  readonly run: (release: string) => Promise<string | undefined>;
  /** From now on nothing can be provided. */
  readonly breakDown: () => void;
  close(): void;
}

/** What every way to provide releases has to do. */
export function buildsContract(name: string, open: () => Promise<BuildsUnderTest>): void {
  describe(`builds: ${name}`, () => {
    let under: BuildsUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.close());

    const provide = (version: string) => under.builds.provide({ version, images: {} });

    it("are there once they were asked for, each as itself", async () => {
      expect(await under.run("7.0.0")).toBeUndefined();
      await provide("7.0.0");
      await provide("7.1.0");
      expect(await under.run("7.0.0")).toContain("7.0.0");
      expect(await under.run("7.1.0")).toContain("7.1.0");
    });

    it("may be asked for again, and at once", async () => {
      await Promise.all([provide("7.0.0"), provide("7.0.0"), provide("7.1.0")]);
      const before = await under.run("7.0.0");
      await provide("7.0.0");
      expect(await under.run("7.0.0")).toBe(before);
      expect(await under.run("7.1.0")).toContain("7.1.0");
    });

    it("refuse what cannot be had with a sentence, and it can be tried again", async () => {
      under.breakDown();
      const refused = await provide("7.0.0").catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(Refusal);
      expect(refused).toMatchObject({ kind: "unavailable", message: expect.stringContaining("7.0.0") });
    });
  });
}
