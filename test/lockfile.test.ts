import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const lock: { packages: Record<string, { inBundle?: boolean; optionalDependencies?: Record<string, string> }> } =
  JSON.parse(readFileSync(join(import.meta.dirname, "../package-lock.json"), "utf8"));

/**
 * `npm ci` refuses a lockfile that lacks a package for another platform, and `npm install` leaves those out that the registry it
 * asked does not carry.
 */
it("locks the packages of every platform, so that npm ci works on each", () => {
  const missing = Object.entries(lock.packages).flatMap(([path, { inBundle, optionalDependencies = {} }]) =>
    Object.keys(inBundle ? {} : optionalDependencies).filter(
      (name) => !(`${path}/node_modules/${name}` in lock.packages) && !(`node_modules/${name}` in lock.packages),
    ),
  );
  expect(missing.map((name) => `${name} is not in package-lock.json: add it with its version, os and cpu`)).toEqual([]);
});
