/** Bytes of r and of s in a signature over P-256. */
const HALF = 32;

/** KMS answers an ECDSA signature as DER, a JWT carries r and s one after the other. */
export function rawSignature(der: Uint8Array): Uint8Array {
  const raw = new Uint8Array(2 * HALF);
  // SEQUENCE and its length; P-256 never needs a long form.
  let at = 2;
  for (const half of [0, 1]) {
    const length = der[at + 1] ?? 0;
    const integer = der.subarray(at + 2, at + 2 + length);
    if (der[at] !== 0x02 || integer.length !== length) throw new Error("KMS answered with what is no ECDSA signature.");
    // A leading zero keeps DER's integer positive; a short one lost its own.
    const digits = integer.subarray(Math.max(0, length - HALF));
    raw.set(digits, (half + 1) * HALF - digits.length);
    at += 2 + length;
  }
  return raw;
}
