import type * as jose from "jose";
import * as z from "zod";
import { Refusal } from "#core/errors.ts";
import type { Log } from "#core/ports.ts";

/** After this the keys are fetched anew, beside the requests; the old ones serve meanwhile, and for as long as that fails. */
const FRESH_FOR_MS = 10 * 60_000;

/** However many tokens name a key that is not known, and however often it fails: the issuer is asked at most this often. */
const PAUSE_MS = 30_000;
const PAUSE_AFTER_FAILURE_MS = 2_000;

const TIMEOUT_MS = 5_000;

/** A discovery document or key set larger than this is none. */
const MOST_BYTES = 256 * 1024;

const Discovery = z.looseObject({ issuer: z.string(), jwks_uri: z.url() });
const KeySet = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })).max(64) });

/** The public keys of one issuer. */
export interface IssuerKeys {
  /** What is kept, or else fetched. Refuses with `unavailable` where there is neither. */
  current(now: number): Promise<jose.JSONWebKeySet>;
  /** Fetched anew; undefined where that was done a moment ago, or fails. */
  newer(now: number): Promise<jose.JSONWebKeySet | undefined>;
}

/** Keeps an issuer's keys: an issuer that is down locks nobody out whose key is kept. */
export function issuerKeys(issuer: string, log: Log): IssuerKeys {
  let kept: { readonly keys: jose.JSONWebKeySet; readonly at: number } | undefined;
  let notBefore = Number.NEGATIVE_INFINITY;
  let underWay: Promise<jose.JSONWebKeySet | undefined> | undefined;

  async function fetchKeys(now: number): Promise<jose.JSONWebKeySet | undefined> {
    try {
      const keys = await keysOf(issuer);
      kept = { keys, at: now };
      notBefore = now + PAUSE_MS;
      return keys;
    } catch (error) {
      notBefore = now + PAUSE_AFTER_FAILURE_MS;
      log("warn", "keys of an issuer not fetched", { issuer, error: String(error) });
      return undefined;
    } finally {
      underWay = undefined;
    }
  }

  /** One fetch at a time; everybody who comes meanwhile waits for it. */
  async function refreshed(now: number): Promise<jose.JSONWebKeySet | undefined> {
    if (!underWay && now < notBefore) return undefined;
    underWay ??= fetchKeys(now);
    return underWay;
  }

  return {
    async current(now) {
      if (kept) {
        if (now - kept.at > FRESH_FOR_MS) void refreshed(now);
        return kept.keys;
      }
      const keys = await refreshed(now);
      if (keys) return keys;
      throw new Refusal("unavailable", `The issuer ${issuer} cannot be reached to check the token. Try again.`, {
        retryAfterSeconds: 2,
      });
    },
    newer: refreshed,
  };
}

async function keysOf(issuer: string): Promise<jose.JSONWebKeySet> {
  const discovery = Discovery.parse(await read(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`));
  if (discovery.issuer !== issuer) throw new Error(`${issuer} calls itself ${discovery.issuer}`);
  return KeySet.parse(await read(discovery.jwks_uri));
}

async function read(address: string): Promise<unknown> {
  expectSafe(new URL(address));
  const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: "error" });
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  const text = await response.text();
  if (text.length > MOST_BYTES) throw new Error(`${address} answered ${text.length} characters`);
  return JSON.parse(text);
}

/** Keys are believed only over TLS, or from this very machine. */
function expectSafe({ protocol, hostname, href }: URL): void {
  const loopback = ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
  if (protocol !== "https:" && !(protocol === "http:" && loopback)) throw new Error(`${href} is not https`);
}
