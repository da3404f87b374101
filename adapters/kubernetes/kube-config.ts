/** A module of its own: of a package that is imported dynamically as a whole, a bundle would have to hold all. */
export { KubeConfig } from "@kubernetes/client-node";
