// Code packs, voids and claims: section Q of docs/spec.md, on the ledger of execute.mjs.
import { amount, balanceKey, carries, setAmount } from "./certificate.mjs";
import { encode } from "./codec.mjs";
import { canonical, kindOf } from "./identifier.mjs";
import * as L from "./ledger.mjs";
import { underRecall } from "./recall.mjs";

const MEMBER = 1n, CERTIFICATE = 16n, PACK = 17n, CLAIM = 18n;
const AUTHORITY = 1n, PRODUCED = 1n, CODES = 3n, MILLION = 1000000n;
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", PREFIX = "https://id.gs1.org/01/";
const text = (s) => Buffer.from(s);

// Q1: what stands in a code
export function codeOf(name) {
  const gtin = name.slice(PREFIX.length, PREFIX.length + 14), serial = name.slice(-20);
  const index = [...serial.slice(5, 9)].reduce((n, c) => n * 32n + BigInt(ALPHABET.indexOf(c)), 0n);
  return { gtin, serial, index, pack: `${gtin}/${serial.slice(0, 5)}` };
}
// Q2
export const codeHash = (subject, { gtin, serial }) =>
  L.tagged("code", Buffer.concat([Buffer.from([subject.length]), text(subject), text(gtin), text(serial)]));
const leafOf = (subject, code, key) => L.leafHash(encode([code.index, codeHash(subject, code), key]));
// C5, as sections 2.1.1 and 2.1.3 of RFC 9162 define it: the path of a leaf, read from the root down
export function rootFrom(leaf, index, count, path) {
  if (count === 1n) return path.length === 0 ? leaf : null;
  if (path.length === 0) return null;
  let k = 1n;
  while (k * 2n < count) k *= 2n;
  const sibling = path.at(-1), rest = path.slice(0, -1);
  const inside = index < k ? rootFrom(leaf, index, k, rest) : rootFrom(leaf, index - k, count - k, rest);
  if (inside === null) return null;
  return index < k ? L.nodeHash(inside, sibling) : L.nodeHash(sibling, inside);
}

// Codes of a lot, drawn and produced (Q6), in wholes.
const codesKey = (subject, lot) => balanceKey(CODES, subject, lot, "");
const produced = (ledger, subject, lot) => {
  const all = ["", "H87", "EA", "PR", "NPR"].map((unit) => amount(ledger, balanceKey(PRODUCED, subject, lot, unit)) / MILLION);
  return all.reduce((a, b) => (a > b ? a : b));
};

// Q6
function issue(ledger, r, index, [, f, things]) {
  const subject = r.header.subject, count = f.get("count"), certificate = f.get("certificate");
  const name = canonical(things[0][1]), gtin = name.slice(0, PREFIX.length + 14), lot = kindOf(name) === "lot" ? name : "";
  const id = text(`${gtin.slice(PREFIX.length)}/${f.get("pack")}`);
  if (ledger.get(PACK, id)) return 35;
  if (lot !== "" && underRecall(ledger, lot)) return 48;
  let on = "", v = null;
  if (certificate !== "") {
    v = ledger.get(CERTIFICATE, text(certificate));
    if (!v) return 29;
    if (v[1] !== 1n || (v[4] !== 0n && v[4] <= ledger.time)) return 28;
    if (v[10] !== subject) return 30;
    const thing = v[11].find(([n]) => (lot !== "" ? n === lot : n === gtin || n.startsWith(`${gtin}/`)));
    if (!thing) return 27;
    if (thing[3] + count > carries(thing[2], thing[1])) return 34;
    on = thing[0];
  }
  const drawn = amount(ledger, codesKey(subject, lot)) / MILLION;
  if (lot !== "" && drawn + count > produced(ledger, subject, lot)) return 25;
  if (lot !== "") setAmount(ledger, r, codesKey(subject, lot), (drawn + count) * MILLION);
  if (v) setDrawn(ledger, certificate, v, on, (n) => n + count);
  ledger.put(PACK, id, [
    1n, 1n, ledger.height, r.logIndex, 0n, 0n, r.logIndex, BigInt(index), subject, count, f.get("root"), lot, certificate, on, []]);
  return 0;
}
function setDrawn(ledger, id, v, on, change) {
  const covered = v[11].map(([n, unit, quantity, drawn]) => [n, unit, quantity, n === on ? change(drawn) : drawn]);
  ledger.put(CERTIFICATE, text(id), [...v.slice(0, 11), covered, ...v.slice(12)]);
}

// Q7, one index after the other: packs of these chains are small
function voidCodes(ledger, r, f) {
  const subject = r.header.subject, key = text(f.get("pack")), v = ledger.get(PACK, key);
  if (!v) return 38;
  const authority = (ledger.get(MEMBER, text(subject))[6] & AUTHORITY) !== 0n;
  if (!authority && v[8] !== subject) return 30;
  if (f.get("last") >= v[9]) return 36;
  const gone = new Set();
  for (const [first, last] of v[14]) for (let i = first; i <= last; i++) gone.add(i);
  const before = gone.size;
  for (let i = f.get("first"); i <= f.get("last"); i++) gone.add(i);
  const fresh = BigInt(gone.size - before);
  if (fresh === 0n) return 37;
  const ranges = [];
  for (let i = 0n; i < v[9]; i++) {
    if (!gone.has(i)) continue;
    if (ranges.length > 0 && ranges.at(-1)[1] + 1n === i) ranges.at(-1)[1] = i;
    else ranges.push([i, i]);
  }
  if (ranges.length > (authority ? 256 : 64)) return 39;
  if (v[11] !== "") setAmount(ledger, r, codesKey(v[8], v[11]), amount(ledger, codesKey(v[8], v[11])) - fresh * MILLION);
  if (v[12] !== "") {
    let id = v[12], c = ledger.get(CERTIFICATE, text(id));
    while (c[1] === 3n) c = ledger.get(CERTIFICATE, text((id = c[15])));
    setDrawn(ledger, id, c, v[13], (n) => (n > fresh ? n - fresh : 0n));
  }
  ledger.put(PACK, key, [1n, v[1], ledger.height, r.logIndex, v[4], f.get("reason"), ...v.slice(6, 14), ranges]);
  return 0;
}

// Q9
function claim(ledger, r, [, f, things]) {
  const code = codeOf(canonical(things[0][1])), v = ledger.get(PACK, text(code.pack));
  if (!v) return 38;
  if (code.index >= v[9]) return 40;
  const root = rootFrom(leafOf(v[8], code, f.get("key")), code.index, v[9], f.get("path"));
  if (root === null || !L.same(root, v[10])) return 40;
  if (v[14].some(([first, last]) => first <= code.index && code.index <= last)) return 41;
  const key = encode([code.pack, code.index]);
  if (ledger.get(CLAIM, key)) return 42;
  ledger.put(CLAIM, key, [1n, 1n, ledger.height, r.logIndex, 0n, 0n, f.get("division"), f.get("nonce"), ledger.time]);
  return 0;
}

// The code of one item of kinds 4 and 5; its effects are made, but those on the history of its things.
export function codeItem(ledger, r, index, item) {
  const [type, fields] = item;
  if (type === 76n) return claim(ledger, r, item);
  return type === 73n ? voidCodes(ledger, r, fields) : issue(ledger, r, index, item);
}
