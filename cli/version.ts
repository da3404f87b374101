/** Of the package, and so of everything in it. */
export const version = "0.1.0";
