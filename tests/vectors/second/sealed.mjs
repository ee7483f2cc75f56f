// XChaCha20-Poly1305 (rule U3 of docs/spec.md, draft-irtf-cfrg-xchacha-03): HChaCha20 makes a key of the first 16 bytes of the nonce; the rest is the
// ChaCha20-Poly1305 that node has. Sealed boxes (U4) are left to the C tests: node has neither XSalsa20 nor BLAKE2b of 24 bytes.
import { createDecipheriv } from "node:crypto";

const rotate = (x, n) => ((x << n) | (x >>> (32 - n))) >>> 0;

function hchacha20(key, nonce16) {
  const s = new Uint32Array(16);
  s.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
  for (let i = 0; i < 8; i++) s[4 + i] = key.readUInt32LE(4 * i);
  for (let i = 0; i < 4; i++) s[12 + i] = nonce16.readUInt32LE(4 * i);
  const quarter = (a, b, c, d) => {
    s[a] += s[b]; s[d] = rotate(s[d] ^ s[a], 16);
    s[c] += s[d]; s[b] = rotate(s[b] ^ s[c], 12);
    s[a] += s[b]; s[d] = rotate(s[d] ^ s[a], 8);
    s[c] += s[d]; s[b] = rotate(s[b] ^ s[c], 7);
  };
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i < 4; i++) quarter(i, 4 + i, 8 + i, 12 + i);
    for (let i = 0; i < 4; i++) quarter(i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4));
  }
  const out = Buffer.alloc(32);
  [0, 1, 2, 3, 12, 13, 14, 15].forEach((from, i) => out.writeUInt32LE(s[from], 4 * i));
  return out;
}

export function openSealed(key, nonce, associated, ciphertext) {
  const inner = Buffer.concat([Buffer.alloc(4), nonce.subarray(16)]);
  const d = createDecipheriv("chacha20-poly1305", hchacha20(key, nonce.subarray(0, 16)), inner, { authTagLength: 16 });
  d.setAAD(associated);
  d.setAuthTag(ciphertext.subarray(-16));
  return Buffer.concat([d.update(ciphertext.subarray(0, -16)), d.final()]);
}
