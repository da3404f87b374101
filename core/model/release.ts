/** The one release there is until releases can be published: the orchestrator of this very source tree. */
export const BUILT_IN_RELEASE = "0.1.0";

export const channels = ["stable", "rapid"] as const;
