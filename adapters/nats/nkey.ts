import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signEd25519,
  verify,
} from "node:crypto";

/** Who a NATS key stands for: the prefix byte that gives its text its first letter (O, A, U). */
const kinds = { operator: 14 << 3, account: 0, user: 20 << 3 } as const;
export type NkeyKind = keyof typeof kinds;

/** An Ed25519 key as NATS writes it: `S…` seed, `O…`, `A…` or `U…` public part. */
export interface Nkey {
  readonly kind: NkeyKind;
  readonly seed: string;
  readonly public: string;
  /** 64 bytes, Ed25519. */
  sign(data: Uint8Array): Buffer;
}

const SEED = 18 << 3;
/** 35 bytes in base32. */
const PUBLIC_LENGTH = 56;
/** DER of a PKCS #8 Ed25519 private key up to its 32 bytes, and of an SPKI public key up to its 32. */
const pkcs8 = Buffer.from("302e020100300506032b657004220420", "hex");
const spki = Buffer.from("302a300506032b6570032100", "hex");

export function createNkey(kind: NkeyKind): Nkey {
  const { privateKey } = generateKeyPairSync("ed25519");
  return nkeyOf(kind, privateKey);
}

/** Throws if it is not a seed of one of the three kinds. */
export function nkeyOfSeed(seed: string): Nkey {
  const bytes = withoutChecksum(seed);
  const [first = 0, second = 0] = bytes;
  const prefix = ((first & 7) << 5) | (second >> 3);
  const kind = kindOfPrefix(prefix);
  if ((first & 0xf8) !== SEED || !kind || bytes.length !== 34) throw new Error("not the seed of an nkey");
  return nkeyOf(kind, privateKeyOf(bytes.subarray(2)));
}

/** Throws if `publicKey` is not a public nkey. */
export function verifyNkey(publicKey: string, data: Uint8Array, signature: Uint8Array): boolean {
  return verify(null, data, publicKeyOf(rawOfPublicNkey(publicKey)), signature);
}

/** True for a public nkey of that kind, with its checksum right. */
export function isPublicNkey(kind: NkeyKind, text: string): boolean {
  try {
    return text.length === PUBLIC_LENGTH && kindOfPrefix(withoutChecksum(text)[0] ?? -1) === kind;
  } catch {
    return false;
  }
}

/** The 32 bytes inside a public nkey. */
export function rawOfPublicNkey(text: string): Buffer {
  const bytes = withoutChecksum(text);
  if (bytes.length !== 33 || !kindOfPrefix(bytes[0] ?? -1)) throw new Error("not a public nkey");
  return bytes.subarray(1);
}

/** An Ed25519 public key of its 32 bytes. */
export const publicKeyOf = (raw: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([spki, raw]), format: "der", type: "spki" });

const privateKeyOf = (raw: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([pkcs8, raw]), format: "der", type: "pkcs8" });

function nkeyOf(kind: NkeyKind, privateKey: KeyObject): Nkey {
  const raw = privateKey.export({ format: "der", type: "pkcs8" }).subarray(pkcs8.length);
  const rawPublic = createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(spki.length);
  const prefix = kinds[kind];
  return {
    kind,
    seed: withChecksum(Buffer.concat([Buffer.from([SEED | (prefix >> 5), (prefix & 31) << 3]), raw])),
    public: withChecksum(Buffer.concat([Buffer.from([prefix]), rawPublic])),
    sign: (data) => signEd25519(null, data, privateKey),
  };
}

const kindOfPrefix = (prefix: number): NkeyKind | undefined =>
  (Object.keys(kinds) as NkeyKind[]).find((kind) => kinds[kind] === prefix);

function withChecksum(bytes: Buffer): string {
  const checksum = crc16(bytes);
  return base32(Buffer.concat([bytes, Buffer.from([checksum & 0xff, checksum >> 8])]));
}

function withoutChecksum(text: string): Buffer {
  const bytes = bytesOfBase32(text);
  if (bytes.length < 3) throw new Error("not an nkey: too short");
  const body = bytes.subarray(0, -2);
  if (crc16(body) !== bytes.readUInt16LE(bytes.length - 2)) throw new Error("not an nkey: its checksum is wrong");
  return body;
}

/** CRC-16/XMODEM. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function base32(bytes: Uint8Array): string {
  let text = "";
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet[(held << (5 - bits)) & 31] : text;
}

function bytesOfBase32(text: string): Buffer {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const letter of text) {
    const value = alphabet.indexOf(letter);
    if (value < 0) throw new Error("not an nkey: it is not base32");
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 0xff);
    }
    held &= (1 << bits) - 1;
  }
  return Buffer.from(bytes);
}
