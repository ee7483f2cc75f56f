// Canonical MessagePack from section M of docs/spec.md alone. Decoding is strict; integers are BigInt, bytes Buffer, maps Map, a float
// {float}, a hidden value {ext}.
const TEXT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  take(n) {
    if (this.at + n > this.bytes.length) throw new Error("truncated");
    return this.bytes.subarray(this.at, (this.at += n));
  }
  uint(n) {
    let v = 0n;
    for (const b of this.take(n)) v = (v << 8n) | BigInt(b);
    return v;
  }
}

// M2: a number that a narrower form could hold is refused.
function shortest(good) {
  if (!good) throw new Error("M2");
}

function wide(r, bytes, least) {
  const v = r.uint(bytes);
  shortest(v >= least);
  return v;
}

function text(r, n) {
  const s = TEXT.decode(r.take(Number(n)));
  if (s.includes("\0")) throw new Error("M5");
  return s;
}

function list(r, n, depth) {
  if (depth > 24) throw new Error("M6");
  const out = [];
  for (let i = 0n; i < n; i++) out.push(value(r, depth + 1));
  return out;
}

function map(r, n, depth) {
  if (depth > 24) throw new Error("M6");
  const out = new Map();
  let last = null;
  for (let i = 0n; i < n; i++) {
    const from = r.at;
    const key = value(r, depth + 1);
    if (typeof key !== "string") throw new Error("M3");
    const bytes = Buffer.from(key);
    if (last !== null && Buffer.compare(last, bytes) >= 0) throw new Error("M3 at " + from);
    last = bytes;
    out.set(key, value(r, depth + 1));
  }
  return out;
}

function ext(r, n) {
  if (r.take(1)[0] !== 1) throw new Error("M1");
  return { ext: r.take(Number(n)) };
}

function float(r) {
  const v = r.take(8).readDoubleBE();
  if (!Number.isFinite(v) || Number.isInteger(v)) throw new Error("M4");
  return { float: v };
}

function negative(r, bytes, most) {
  const v = BigInt.asIntN(8 * bytes, r.uint(bytes));
  shortest(v < most);
  return v;
}

function value(r, depth) {
  const c = r.take(1)[0];
  if (c <= 0x7f) return BigInt(c);
  if (c <= 0x8f) return map(r, BigInt(c & 15), depth);
  if (c <= 0x9f) return list(r, BigInt(c & 15), depth);
  if (c <= 0xbf) return text(r, c & 31);
  if (c >= 0xe0) return BigInt(c) - 256n;
  switch (c) {
    case 0xc0: return null;
    case 0xc2: return false;
    case 0xc3: return true;
    case 0xc4: return r.take(Number(r.uint(1)));
    case 0xc5: return r.take(Number(wide(r, 2, 256n)));
    case 0xc6: return r.take(Number(wide(r, 4, 65536n)));
    case 0xc7: {
      const n = r.uint(1);
      shortest(![1n, 2n, 4n, 8n, 16n].includes(n));
      return ext(r, n);
    }
    case 0xcb: return float(r);
    case 0xcc: return wide(r, 1, 128n);
    case 0xcd: return wide(r, 2, 256n);
    case 0xce: return wide(r, 4, 65536n);
    case 0xcf: return wide(r, 8, 1n << 32n);
    case 0xd0: return negative(r, 1, -32n);
    case 0xd1: return negative(r, 2, -128n);
    case 0xd2: return negative(r, 4, -32768n);
    case 0xd3: return negative(r, 8, -(1n << 31n));
    case 0xd4: case 0xd5: case 0xd6: case 0xd7: case 0xd8: return ext(r, 1 << (c - 0xd4));
    case 0xd9: return text(r, wide(r, 1, 32n));
    case 0xda: return text(r, wide(r, 2, 256n));
    case 0xdb: return text(r, wide(r, 4, 65536n));
    case 0xdc: return list(r, wide(r, 2, 16n), depth);
    case 0xdd: return list(r, wide(r, 4, 65536n), depth);
    case 0xde: return map(r, wide(r, 2, 16n), depth);
    case 0xdf: return map(r, wide(r, 4, 65536n), depth);
    default: throw new Error("M1");
  }
}

export function decode(bytes) {
  const r = new Reader(bytes);
  const v = value(r, 1);
  if (r.at !== bytes.length) throw new Error("M6: trailing");
  return v;
}

// Several values back to back.
export function decodeAll(bytes) {
  const r = new Reader(bytes);
  const out = [];
  while (r.at < bytes.length) out.push(value(r, 1));
  return out;
}

// One value from the front; what is left of the bytes.
export function decodeFirst(bytes) {
  const r = new Reader(bytes);
  const v = value(r, 1);
  return [v, bytes.subarray(r.at)];
}

export function uintBytes(v, n) {
  const out = Buffer.alloc(n);
  for (let i = n - 1, x = BigInt(v); i >= 0; i--, x >>= 8n) out[i] = Number(x & 255n);
  return out;
}

function head(n, forms) {
  for (const [most, first, bytes] of forms) {
    if (n > most) continue;
    return bytes === 0 ? Buffer.from([first | n]) : Buffer.concat([Buffer.from([first]), uintBytes(n, bytes)]);
  }
  throw new Error("too long");
}

export function encode(v) {
  if (v === null) return Buffer.from([0xc0]);
  if (typeof v === "boolean") return Buffer.from([v ? 0xc3 : 0xc2]);
  if (typeof v === "number") return encode(BigInt(v));
  if (typeof v === "bigint" && v >= 0n) {
    if (v <= 127n) return Buffer.from([Number(v)]);
    const bytes = v < 256n ? 1 : v < 65536n ? 2 : v < 1n << 32n ? 4 : 8;
    return Buffer.concat([Buffer.from([{ 1: 0xcc, 2: 0xcd, 4: 0xce, 8: 0xcf }[bytes]]), uintBytes(v, bytes)]);
  }
  if (typeof v === "bigint") {
    if (v >= -32n) return Buffer.from([Number(256n + v)]);
    const bytes = v >= -128n ? 1 : v >= -32768n ? 2 : v >= -(1n << 31n) ? 4 : 8;
    return Buffer.concat([Buffer.from([{ 1: 0xd0, 2: 0xd1, 4: 0xd2, 8: 0xd3 }[bytes]]), uintBytes(BigInt.asUintN(8 * bytes, v), bytes)]);
  }
  if (typeof v === "string") {
    const b = Buffer.from(v);
    return Buffer.concat([head(b.length, [[31, 0xa0, 0], [255, 0xd9, 1], [65535, 0xda, 2], [2 ** 32 - 1, 0xdb, 4]]), b]);
  }
  if (Buffer.isBuffer(v)) return Buffer.concat([head(v.length, [[255, 0xc4, 1], [65535, 0xc5, 2], [2 ** 32 - 1, 0xc6, 4]]), v]);
  if (Array.isArray(v)) return Buffer.concat([head(v.length, [[15, 0x90, 0], [65535, 0xdc, 2], [2 ** 32 - 1, 0xdd, 4]]), ...v.map(encode)]);
  if (v instanceof Map)
    return Buffer.concat([head(v.size, [[15, 0x80, 0], [65535, 0xde, 2]]), ...[...v].flatMap(([k, x]) => [encode(k), encode(x)])]);
  if (v.float !== undefined) {
    const b = Buffer.alloc(9);
    b[0] = 0xcb;
    b.writeDoubleBE(v.float, 1);
    return b;
  }
  if (v.ext !== undefined && v.ext.length === 33) return Buffer.concat([Buffer.from([0xc7, 33, 1]), v.ext]);
  throw new Error("not written here");
}
