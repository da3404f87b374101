import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { isIP } from "node:net";

/** A certificate with its private key, both PEM. */
export interface Certified {
  readonly certPem: string;
  readonly keyPem: string;
}

/** What a leaf is for: whom it names, how long it lives. */
export interface LeafRequest {
  /** Host names and IPv4 addresses; the first name is the common name too. */
  readonly names: readonly string[];
  readonly now: number;
  readonly days: number;
}

/** A certificate is valid a little before it is made: clocks differ. */
const BACKDATED_MS = 5 * 60_000;
const DAY_MS = 86_400_000;

/**
 * Issues ECDSA P-256 certificates. An encoder for exactly two shapes (a CA and a leaf) by node:crypto: the general libraries cost an
 * agent many MB and a polyfill of metadata reflection, and nothing here ever parses what a stranger sent.
 */
export function createCa({ name, now, days }: { name: string; now: number; days: number }): Certified {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const keyPem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const extensions = [
    extension(oids.basicConstraints, sequence(boolean(true), integer(0)), true),
    extension(oids.keyUsage, keyCertSignAndCrlSign, true),
    extension(oids.subjectKeyIdentifier, octets(keyIdOf(spki))),
  ];
  return { certPem: certify({ subject: name, issuer: name, spki, extensions, now, days, signingKey: keyPem }), keyPem };
}

/** A leaf with a new key, for servers and clients alike. */
export function issueLeaf(ca: Certified, { names, now, days }: LeafRequest): Certified {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const issuer = new X509Certificate(ca.certPem);
  const issuerSpki = createPublicKey(createPrivateKey(ca.keyPem)).export({ type: "spki", format: "der" });
  const extensions = [
    extension(oids.basicConstraints, sequence(), true),
    extension(oids.keyUsage, digitalSignature, true),
    extension(oids.extendedKeyUsage, sequence(oid(oids.serverAuth), oid(oids.clientAuth))),
    extension(oids.subjectAlternativeName, sequence(...names.map(generalName))),
    extension(oids.subjectKeyIdentifier, octets(keyIdOf(spki))),
    extension(oids.authorityKeyIdentifier, sequence(tagged(0x80, keyIdOf(issuerSpki)))),
  ];
  // A common name holds 64 characters; the names above are what counts.
  const subject = (names.find((name) => isIP(name) === 0) ?? names[0] ?? "").slice(0, 64);
  const ends = Math.min(now + days * DAY_MS, Date.parse(issuer.validTo));
  return {
    certPem: certify({
      subject,
      issuer: issuer.subject.replace(/^CN=/, ""),
      spki,
      extensions,
      now,
      days: (ends - now) / DAY_MS,
      signingKey: ca.keyPem,
    }),
    keyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** From when to when a certificate is valid, in milliseconds since 1970. */
export function validityOf(certPem: string): { from: number; until: number } {
  const { validFrom, validTo } = new X509Certificate(certPem);
  return { from: Date.parse(validFrom), until: Date.parse(validTo) };
}

/** Whether one of the CAs in this PEM text issued the certificate, by name and key identifier. */
export function isIssuedByAny(certPem: string, caPems: string): boolean {
  const certificate = new X509Certificate(certPem);
  return (caPems.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? []).some((ca) =>
    certificate.checkIssued(new X509Certificate(ca)),
  );
}

/** The names of a certificate, as they were asked for. */
export const namesOf = (certPem: string): string[] =>
  (new X509Certificate(certPem).subjectAltName ?? "").split(", ").map((name) => name.replace(/^(DNS|IP Address):/, ""));

interface ToCertify {
  readonly subject: string;
  readonly issuer: string;
  readonly spki: Buffer;
  readonly extensions: readonly Buffer[];
  readonly now: number;
  readonly days: number;
  readonly signingKey: string;
}

function certify({ subject, issuer, spki, extensions, now, days, signingKey }: ToCertify): string {
  const algorithm = sequence(oid(oids.ecdsaWithSha256));
  const serial = randomBytes(16);
  // Positive, and its first byte not zero: DER wants the shortest form.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const body = sequence(
    tagged(0xa0, integer(2)),
    der(0x02, serial),
    algorithm,
    nameOf(issuer),
    sequence(time(now - BACKDATED_MS), time(now + days * DAY_MS)),
    nameOf(subject),
    spki,
    tagged(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", body, signingKey);
  const whole = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

const oids = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAlternativeName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;

function der(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

const tagged = der;
const sequence = (...members: Buffer[]): Buffer => der(0x30, Buffer.concat(members));
const octets = (content: Uint8Array): Buffer => der(0x04, content);
const boolean = (value: boolean): Buffer => der(0x01, Buffer.from([value ? 0xff : 0]));
/** Of 0 to 127. */
const integer = (value: number): Buffer => der(0x02, Buffer.from([value]));
/** Bits 5 and 6, and bit 0: a BIT STRING says first how many bits of its last byte are unused. */
const keyCertSignAndCrlSign = der(0x03, Buffer.from([1, 0b0000_0110]));
const digitalSignature = der(0x03, Buffer.from([7, 0b1000_0000]));

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return der(0x06, Buffer.from(bytes));
}

const extension = (id: string, value: Buffer, critical = false): Buffer =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));

const nameOf = (commonName: string): Buffer =>
  sequence(der(0x31, sequence(oid(oids.commonName), der(0x0c, Buffer.from(commonName)))));

/** RFC 5280: UTCTime through 2049, GeneralizedTime after that. */
function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, "");
  return digits < "2050" ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}

function generalName(name: string): Buffer {
  if (isIP(name) === 6) throw new Error("certificates for IPv6 addresses are not issued");
  return isIP(name) === 4 ? der(0x87, Buffer.from(name.split(".").map(Number))) : der(0x82, Buffer.from(name));
}

/** RFC 7093, first method: the first 160 bits of the SHA-256 of the key; an identifier, not a check. */
const keyIdOf = (spki: Buffer): Buffer => createHash("sha256").update(spki.subarray(-65)).digest().subarray(0, 20);
