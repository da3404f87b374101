/** What keeps it from starting, as the one line that people read; exit code 1. */
export class StartFailure extends Error {}

const sentences: Readonly<Record<string, (path: string) => string>> = {
  ENOSPC: (path) => `The disk is full: cannot write ${path}. Free some space and start again.`,
  EDQUOT: (path) => `Your disk quota is used up: cannot write ${path}. Free some space and start again.`,
  EACCES: (path) => `${path} is not writable for this user. Change its owner or mode, or choose another --data.`,
  EPERM: (path) => `${path} is not writable for this user. Change its owner or mode, or choose another --data.`,
  EROFS: (path) => `${path} is on a read-only file system. Choose another --data.`,
  ENOENT: (path) => `${path} cannot be made. Choose another --data.`,
  ENOTDIR: (path) => `${path} is below something that is no directory. Choose another --data.`,
  EEXIST: (path) => `${path} is no directory. Choose another --data.`,
};

/** The line for whatever ended a start. What nobody foresaw keeps its own words. */
export function lineOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof StartFailure) return error.message;
  const { code = "", path } = error as NodeJS.ErrnoException;
  const sentence = Object.hasOwn(sentences, code) ? sentences[code] : undefined;
  if (sentence) return sentence(path ?? "the data directory");
  // SQLite names no path and has a code of its own.
  if (/database or disk is full/i.test(error.message)) return "The disk is full. Free some space and start again.";
  return error.message;
}
