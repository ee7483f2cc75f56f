// Certificates, production and anchors: sections D, U and Z and rules A9, X10 and Q6 of docs/spec.md, on the ledger of execute.mjs.
import { decode, encode } from "./codec.mjs";
import { canonical, kindOf } from "./identifier.mjs";
import * as L from "./ledger.mjs";
import { underRecall } from "./recall.mjs";

const MEMBER = 1n, THING = 3n, CERTIFICATE = 16n, BALANCE = 21n, TYPE = 24n, ANCHOR = 25n, DELETION = 33n;
const AUTHORITY = 1n, PRODUCER = 2n, PROCESSOR = 4n;
const PRODUCED = 1n, CERTIFIED = 2n;
const MOST = (1n << 63n) - 1n, MILLION = 1000000n;
const text = (s) => Buffer.from(s);

// E14: millionths, or null when they do not fit
export function millionths(quantity) {
  let micro;
  if (typeof quantity === "bigint") micro = quantity * MILLION;
  else {
    const b = Buffer.alloc(8);
    b.writeDoubleBE(quantity.float);
    const bits = b.readBigUInt64BE(), exponent = (bits >> 52n) & 2047n, fraction = bits & ((1n << 52n) - 1n);
    let n = (exponent === 0n ? fraction : fraction | (1n << 52n)) * MILLION;
    const shift = (exponent === 0n ? 1n : exponent) - 1075n;
    if (shift >= 0n) n <<= shift;
    else {
      const one = 1n << -shift, whole = n / one, twice = 2n * (n % one);
      n = whole + (twice > one || (twice === one && whole % 2n === 1n) ? 1n : 0n);
    }
    micro = bits >> 63n ? -n : n;
  }
  return micro > MOST || micro < -MOST ? null : micro;
}
const isNegative = (q) => (typeof q === "bigint" ? q < 0n : q.float < 0);

export const balanceKey = (purpose, subject, lot, unit, type = "") => encode([purpose, subject, lot, unit, type]);
export const amount = (ledger, key) => ledger.get(BALANCE, key)?.[6] ?? 0n;
export const setAmount = (ledger, r, key, n) => ledger.put(BALANCE, key, [1n, 1n, ledger.height, r.logIndex, 0n, 0n, n]);

// Q1
const isCode = (name) => /^https:\/\/id\.gs1\.org\/01\/[0-9]{14}\/21\/[0-9A-HJKMNP-TV-Z]{20}$/.test(name);

// X10. gained: the lot that each canonical thing got with this item, when it had none before
export function produce(ledger, r, [type, fields, things], { adds, step, gained }) {
  const makes = type === 6n || (type === 2n && adds && ["commissioning", "creating_class_instance"].includes(step));
  if (!makes || fields.has("errorDeclaration")) return;
  if ((ledger.get(MEMBER, text(r.header.subject))[6] & (PRODUCER | PROCESSOR)) === 0n) return;
  const add = (lot, unit, n) => {
    const key = balanceKey(PRODUCED, r.header.subject, lot, unit), sum = amount(ledger, key) + n;
    setAmount(ledger, r, key, sum > MOST ? MOST : sum);
  };
  const pieces = new Set();
  for (const [role, identifier, quantity, unit] of things) {
    const name = canonical(identifier);
    if ((role === 5n || role === 9n) && quantity !== null && kindOf(name) === "lot") {
      const n = isNegative(quantity) ? 0n : millionths(quantity) ?? MOST;
      if (n > 0n) add(name, unit ?? "", n);
    }
    if ((role === 4n || role === 8n) && kindOf(name) === "item" && gained.has(name) && !isCode(name)) pieces.add(name);
  }
  for (const name of pieces) add(gained.get(name), "", MILLION);
}

// Q6
export const carries = (quantity, unit) => (["", "H87", "EA", "PR", "NPR"].includes(unit) ? quantity / MILLION : 0n);

const KINDS = ["item", "lot", "product", "location", "document", "other"];
const isDay = (s) => {
  const m = /^(\d{4})-(\d\d)-(\d\d)$/.exec(s);
  if (!m) return false;
  const [y, month, day] = m.slice(1).map(Number), leap = y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0);
  return month >= 1 && month <= 12 && day >= 1 && day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
};
// D6
function fits([, kind, flags, choices], v) {
  const hidden = v?.ext !== undefined;
  if (hidden !== ((flags & 2n) !== 0n)) return false;
  if (hidden) return true;
  const is = typeof v;
  switch (kind) {
    case 1n: return is === "string";
    case 2n: return is === "bigint";
    case 3n: return is === "bigint" || v.float !== undefined;
    case 4n: return is === "string" && isDay(v);
    case 5n: return Buffer.isBuffer(v);
    case 6n: return is === "string" && choices.includes(v);
    case 7n: return Array.isArray(v) && v.every((x, i) => choices.includes(x) && (i === 0 || Buffer.compare(text(v[i - 1]), text(x)) < 0));
    default: return Array.isArray(v);
  }
}
function fieldsHold(definition, fields) {
  const known = definition.get("fields");
  if ([...fields.keys()].some((name) => !known.some((f) => f[0] === name))) return false;
  return known.every((f) => (fields.has(f[0]) ? fits(f, fields.get(f[0])) : (f[2] & 1n) === 0n));
}

const expired = (ledger, until) => until !== 0n && until <= ledger.time;
const active = (ledger, subject) => {
  const m = ledger.get(MEMBER, text(subject));
  return m && m[1] === 1n ? m : null;
};

// D9
function giveBack(ledger, r, v) {
  if (expired(ledger, v[4])) return;
  for (const [name, unit, quantity] of v[11]) {
    if (quantity === 0n || kindOf(name) !== "lot") continue;
    const key = balanceKey(CERTIFIED, v[10], name, unit, v[8]);
    setAmount(ledger, r, key, amount(ledger, key) - quantity);
  }
}

// D7 and D8, in their order
function issue(ledger, r, index, [itemType, f, things]) {
  const subject = r.header.subject, producer = f.get("producer"), type = f.get("type"), from = f.get("from"), until = f.get("until");
  const set = ledger.get(TYPE, text(type));
  if (!set || set[1] !== 1n) return 21;
  const d = decode(set[6]), own = d.get("own"), issuers = d.get("issuers");
  if ((active(ledger, subject)[6] & d.get("roles")) === 0n || (issuers.length > 0 && !issuers.includes(subject))) return 22;
  if ((own === 1n && producer !== subject) || (own === 2n && producer === subject)) return 22;
  if (!fieldsHold(d, f.get("fields"))) return 23;
  const id = text(`${subject}/${f.get("number")}`);
  if (ledger.get(CERTIFICATE, id)) return 24;
  const validity = d.get("validity");
  if (expired(ledger, until) || (validity !== 0n && (until === 0n || until - from > validity))) return 26;
  if (from > ledger.time && from - ledger.time > ledger.drift) return 26;
  if (!active(ledger, producer)) return 32;
  const covered = things.map(([, identifier, quantity, unit]) => [canonical(identifier), unit ?? "", quantity === null ? 0n : millionths(quantity)]);
  const [min, max] = d.get("things");
  if (BigInt(covered.length) < min || BigInt(covered.length) > max) return 27;
  for (const [name, , quantity] of covered) {
    const kind = kindOf(name);
    if ((d.get("covers") & (1n << BigInt(KINDS.indexOf(kind)))) === 0n) return 27;
    if ((kind === "lot" || kind === "item") && !ledger.get(THING, text(name))) return 27;
    if (d.get("quota") === 1n && quantity === 0n) return 27;
  }
  if (covered.some(([name]) => underRecall(ledger, name))) return 48;
  const upstream = f.get("upstream"), [field, choice] = d.get("upstream_if");
  const asked = d.get("upstream") === 2n || (field !== undefined && f.get("fields").get(field) === choice);
  if (upstream.length > 0 ? d.get("upstream") === 0n : asked) return 33;
  for (const one of upstream) {
    const v = ledger.get(CERTIFICATE, text(one));
    if (!v) return 29;
    if (v[1] !== 1n || expired(ledger, v[4])) return 28;
  }
  let old = null, oldId = null;
  if (itemType === 65n) {
    oldId = text(f.get("supersedes"));
    old = ledger.get(CERTIFICATE, oldId);
    if (!old) return 29;
    if (f.get("supersedes").split("/")[0] !== subject || old[8] !== type || old[10] !== producer) return 30;
    if (old[1] !== 1n) return 31;
    if (old[14] === 16n) return 44;
    for (const [name, , , drawn] of old[11]) {
      if (drawn === 0n) continue;
      const now = covered.find((c) => c[0] === name);
      if (!now) return 27;
      if (carries(now[2], now[1]) < drawn) return 34;
    }
    giveBack(ledger, r, old);
  }
  for (const [name, unit, quantity] of covered) {
    if (quantity === 0n || kindOf(name) !== "lot") continue;
    const key = balanceKey(CERTIFIED, producer, name, unit, type), sum = amount(ledger, key) + quantity;
    if (sum > MOST) return 25;
    if (d.get("quota") === 1n && sum > amount(ledger, balanceKey(PRODUCED, producer, name, unit))) return 25;
    setAmount(ledger, r, key, sum);
    const most = balanceKey(4n, producer, name, unit);
    if (d.get("quota") === 1n && sum > amount(ledger, most)) setAmount(ledger, r, most, sum);
  }
  const drawnOf = (name) => old?.[11].find((c) => c[0] === name)?.[3] ?? 0n;
  const i = BigInt(index), line = old ? old[14] + 1n : 1n;
  ledger.put(CERTIFICATE, id, [
    1n, 1n, ledger.height, r.logIndex, until, 0n, r.logIndex, i, type, L.sha256(set[6]), producer,
    covered.map((c) => [...c, drawnOf(c[0])]), upstream, r.digests[index], line, "", 0n]);
  if (old)
    ledger.put(CERTIFICATE, oldId, [
      1n, 3n, ledger.height, r.logIndex, old[4], 0n, ...old.slice(6, 11), old[11].map(([n, u, q]) => [n, u, q, 0n]),
      old[12], old[13], old[14], id.toString(), i]);
  return 0;
}

// D9
function revoke(ledger, r, index, fields) {
  let id = fields.get("certificate");
  let v = ledger.get(CERTIFICATE, text(id));
  if (!v) return 29;
  if (id.split("/")[0] !== r.header.subject && (active(ledger, r.header.subject)[6] & AUTHORITY) === 0n) return 30;
  while (v[1] === 3n) {
    id = v[15];
    v = ledger.get(CERTIFICATE, text(id));
  }
  if (v[1] === 2n) return 31;
  giveBack(ledger, r, v);
  ledger.put(CERTIFICATE, text(id), [1n, 2n, ledger.height, r.logIndex, v[4], fields.get("reason"), ...v.slice(6, 16), BigInt(index)]);
  return 0;
}

// Z2
function anchor(ledger, r, fields) {
  const key = encode([r.header.subject, fields.get("what"), fields.get("from")]);
  if (ledger.get(ANCHOR, key)) return 43;
  ledger.put(ANCHOR, key, [1n, 1n, ledger.height, r.logIndex, fields.get("until"), 0n, fields.get("count"), fields.get("root")]);
  return 0;
}

// U9
function deletion(ledger, r, fields) {
  const authority = (active(ledger, r.header.subject)[6] & AUTHORITY) !== 0n;
  const key = encode([fields.get("record"), authority ? "" : r.header.subject]);
  const before = ledger.get(DELETION, key)?.[6] ?? 0n, tiers = before | fields.get("tiers");
  if (tiers === before) return 70;
  ledger.put(DELETION, key, [1n, 1n, ledger.height, r.logIndex, 0n, fields.get("reason"), tiers]);
  return 0;
}

// The code of one item of kinds 3, 9 and 10; its effects are made, but those on the history of its things.
export function itemOfKind(ledger, r, index, item) {
  const [type, fields] = item;
  if (type === 56n) return deletion(ledger, r, fields);
  if (type === 80n) return anchor(ledger, r, fields);
  return type === 66n ? revoke(ledger, r, index, fields) : issue(ledger, r, index, item);
}

// A9
export function setType(ledger, r, act) {
  ledger.put(TYPE, text(act.get("type")), [1n, act.get("retired") ? 2n : 1n, ledger.height, r.logIndex, 0n, 0n, encode(act)]);
}
