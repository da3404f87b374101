import type { Plugin } from "esbuild";

/**
 * Lets esbuild drop the modules of a package that nothing imports from, where the package does not say that this is safe. The Kubernetes
 * client holds every API in 6 MiB of source, which would stay in an agent's memory for the one class it uses.
 */
export const dropUnused = (packageName: string): Plugin => ({
  name: `drop-unused-of-${packageName}`,
  setup(build) {
    const inside = `node_modules/${packageName}/`;
    build.onResolve({ filter: /^[.@]/ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      const isOfPackage = path === packageName || (path.startsWith(".") && importer.includes(inside));
      if (!isOfPackage || pluginData === RESOLVING) return undefined;
      return {
        ...(await build.resolve(path, { importer, resolveDir, kind, pluginData: RESOLVING })),
        sideEffects: false,
      };
    });
  },
});

const RESOLVING = Symbol("asked by this plugin itself");
