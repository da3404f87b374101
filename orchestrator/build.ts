/** Written in when a bundle is made of this program; not there when it runs from its sources. */
declare const CELLPLANE_BUILD: string | undefined;

/** The release that this very program is, whatever its cell says it should be. */
export const builtAs: string | undefined = typeof CELLPLANE_BUILD === "string" ? CELLPLANE_BUILD : undefined;
