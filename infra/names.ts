/** What the names of all that has to be found from outside its stack begin with: one fleet an account. */
export const PREFIX = "cellplane";

/** `place-network` → `PlaceNetwork`: how a file's function is called in a template and in a workflow. */
export const pascal = (name: string): string =>
  name.replace(/(^|-)(\w)/g, (_, _dash, letter: string) => letter.toUpperCase());

/** `PlaceNetwork` → `place-network`. */
export const kebab = (name: string): string => name.replace(/(?<!^)([A-Z])/g, "-$1").toLowerCase();
