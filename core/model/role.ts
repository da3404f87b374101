import * as z from "zod";

/** What a member, a key or a token may do in an organization or a workspace, strongest first. */
export const roles = ["owner", "admin", "operator", "viewer"] as const;
export const Role = z.enum(roles);
export type Role = z.infer<typeof Role>;

/** True where `role` may do all that `needed` may. */
export const isAtLeast = (role: Role, needed: Role): boolean => roles.indexOf(role) <= roles.indexOf(needed);
