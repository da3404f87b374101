import type { ReleaseSpec } from "../model/release/release.ts";

/** Where cells have the images of a release from. */
export interface Builds {
  /**
   * Sees to it that every cell can run this release from here on; to ask again changes nothing. Refuses with `unavailable` where it
   * cannot be had.
   */
  provide(release: Pick<ReleaseSpec, "version" | "images">): Promise<void>;
}
