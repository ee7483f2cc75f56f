// node execute.mjs CHAIN: executes a chain (tests/vectors/chain.c) by sections G, A, D, L, O, Q, U, Z, X, S, H and E of docs/spec.md and demands
// the same block leaf, byte for byte, after every block: results, the log's leaves aside, and the root over every status value are under it.
import { readFileSync } from "node:fs";
import { itemOfKind, setType } from "./certificate.mjs";
import { codeItem } from "./code.mjs";
import { decode, encode, uintBytes } from "./codec.mjs";
import { event, eventTime, history, Refused } from "./flow.mjs";
import { flowAct, recallItem } from "./recall.mjs";
import * as L from "./ledger.mjs";

const AUTHORITY = 1n, PRODUCER = 2n, PROCESSOR = 4n, AUDITOR = 128n;
const MEMBER = 1n, KEY = 2n, RECORD = 5n, ACT = 6n;

class Ledger {
  constructor(file) {
    const [validatorBytes, restBytes] = decode(file);
    this.chain = L.openGenesis(validatorBytes, L.sha256(restBytes)).chain;
    const [, , created, parameters, members, thresholds] = decode(restBytes);
    this.drift = parameters[1];
    this.lifetime = parameters[7];
    this.thresholds = new Map(thresholds.map(([act, n]) => [act, n]));
    this.status = new Map(); // hex of status key -> {key, type, subject, value}
    this.height = 0n;
    this.time = created;
    this.size = 1n;
    for (const [subject, name, roles, division, keys] of members) {
      this.put(MEMBER, Buffer.from(subject), [1n, 1n, 0n, 0n, 0n, 0n, roles, name, division]);
      for (const [key, from, until] of keys) this.put(KEY, key, [1n, 1n, 0n, 0n, until, 0n, subject, from]);
    }
  }
  put(type, subject, value) {
    const key = L.statusKey(type, subject);
    this.status.set(key.toString("hex"), { key, type, subject, value });
  }
  get(type, subject) {
    return this.status.get(L.statusKey(type, subject).toString("hex"))?.value;
  }
  root() {
    return L.statusRoot([...this.status.values()].map((s) => [s.key, encode(s.value)]));
  }
  keyInTime(k) {
    return k[7] <= this.time && (k[4] === 0n || this.time < k[4]);
  }
  // The subject for which a key speaks as an active authority now; null when it does not.
  authority(key) {
    const k = this.get(KEY, key);
    if (!k || k[1] !== 1n || !this.keyInTime(k)) return null;
    const m = this.get(MEMBER, Buffer.from(k[6]));
    return m && m[1] === 1n && (m[6] & AUTHORITY) !== 0n ? k[6] : null;
  }

  // X2, in its order; [code, item]
  decide(r) {
    const h = r.header;
    if (this.get(RECORD, r.id)) return [1, 0];
    if (h.created > this.time && h.created - this.time > this.drift) return [2, 0];
    if (h.expires <= this.time) return [3, 0];
    const k = this.get(KEY, h.key);
    if (!k) return [4, 0];
    if (k[6] !== h.subject) return [5, 0];
    if (k[1] !== 1n) return [6, 0];
    if (!this.keyInTime(k)) return [7, 0];
    const m = this.get(MEMBER, Buffer.from(h.subject));
    if (!m) return [8, 0];
    if (m[1] !== 1n) return [9, 0];
    // X6
    const roles = { 2: AUTHORITY, 4: PRODUCER | PROCESSOR | AUTHORITY, 6: PRODUCER | PROCESSOR | AUTHORITY }[h.kind] ?? ~AUDITOR;
    if ((m[6] & roles) === 0n) return [10, 0];
    for (const [i, [, fields]] of h.kind === 1n ? r.items.entries() : []) {
      const ms = eventTime(fields.get("eventTime"));
      if (ms !== null && ms > h.created && ms - h.created > this.drift) return [20, i + 1];
    }
    return this.oneByOne(r);
  }
  // X11 and A7: one after the other; what they did is undone when one of them is refused.
  oneByOne(r) {
    const before = new Map(this.status);
    for (const [i, item] of r.items.entries()) {
      const code = this.one(r, i, item);
      if (code === 0) continue;
      this.status = before;
      return [code, i + 1];
    }
    return [0, 0];
  }
  one(r, i, item) {
    const [type, fields] = item, { kind } = r.header;
    try {
      if (kind === 1n) return event(this, r, i) ?? 0;
      if (kind === 2n) return this.act(r, type, fields.get("act"), fields.get("approvals"));
      if (kind === 6n) return recallItem(this, r, i, item);
      const code = ([4n, 5n].includes(kind) ? codeItem : itemOfKind)(this, r, i, item);
      if (code === 0) history(this, r, i);
      return code;
    } catch (e) {
      if (e instanceof Refused) return e.code;
      throw e;
    }
  }
  act(r, type, act, approvals) {
    const h = r.header;
    const message = Buffer.concat([this.chain, Buffer.from([Number(type)]), uintBytes(h.created, 8), uintBytes(h.nonce, 8), L.sha256(encode(act))]);
    for (const [key, signature] of approvals) if (!L.verify(key, L.signedTag("approval", message), signature)) return 12;
    const own = this.authority(h.key);
    if (own === null) return 11;
    const subjects = new Set([own]);
    for (const [key] of approvals) {
      const s = this.authority(key);
      if (s !== null) subjects.add(s);
    }
    if (BigInt(subjects.size) < (this.thresholds.get(type) ?? 1n)) return 11;
    const digest = L.tagged("act", message);
    if (this.get(ACT, digest)) return 13;
    this.put(ACT, digest, [1n, 1n, this.height, r.logIndex, h.created + this.lifetime, 0n]);
    return this.effect(r, type, act);
  }
  effect(r, type, act) {
    const subject = act.has("subject") ? Buffer.from(act.get("subject")) : null;
    const enter = ([key, from, until], who) => this.put(KEY, key, [1n, 1n, this.height, r.logIndex, until, 0n, who, from]);
    if (type === 32n) {
      const old = this.get(MEMBER, subject);
      if (old && old[1] === 1n) return 14;
      if (act.get("keys").some(([key]) => this.get(KEY, key))) return 16;
      this.put(MEMBER, subject, [1n, 1n, this.height, r.logIndex, 0n, 0n, act.get("roles"), act.get("name"), act.get("division")]);
      act.get("keys").forEach((k) => enter(k, act.get("subject")));
      return 0;
    }
    if (type === 33n) {
      const m = this.get(MEMBER, subject);
      if (!m) return 15;
      if (m[1] === 2n) return 18;
      this.put(MEMBER, subject, [1n, 2n, this.height, r.logIndex, m[4], act.get("reason"), ...m.slice(6)]);
      return this.authorityLeft();
    }
    if (type === 34n) {
      if (!this.get(MEMBER, subject)) return 15;
      if (this.get(KEY, act.get("key"))) return 16;
      enter([act.get("key"), act.get("from"), act.get("until")], act.get("subject"));
      return 0;
    }
    if (type === 36n) {
      setType(this, r, act);
      return 0;
    }
    if (type >= 37n) return flowAct(this, r, type, act);
    const k = this.get(KEY, act.get("key"));
    if (!k) return 17;
    if (k[1] === 2n) return 18;
    this.put(KEY, act.get("key"), [1n, 2n, this.height, r.logIndex, k[4], act.get("reason"), ...k.slice(6)]);
    return this.authorityLeft();
  }
  // A8
  authorityLeft() {
    return [...this.status.values()].some((s) => s.type === KEY && this.authority(s.subject) !== null) ? 0 : 19;
  }

  execute(headerBytes, records) {
    const header = decode(headerBytes);
    const settled = [], results = [];
    this.height += 1n;
    L.must(header[4] === this.height && header[8] > this.time, "B4");
    this.time = header[8];
    for (const wire of records) {
      const r = readRecord(wire);
      r.logIndex = this.size;
      const [code, item] = this.decide(r);
      results.push(L.leafHash(encode([r.wire, code, item])));
      if (code === 1) continue;
      const most = this.time + this.drift + this.lifetime;
      const until = r.header.expires < most ? r.header.expires : most;
      const consume = (logIndex) => this.put(RECORD, r.id, [1n, 1n, this.height, logIndex, until, 0n, BigInt(code)]);
      consume(r.logIndex);
      if (code !== 0) {
        settled.push(consume);
        continue;
      }
      this.size += 1n;
    }
    settled.forEach((consume) => consume(this.size)); // S4: the block leaf
    // X7
    const old = [...this.status.values()].filter((s) => (s.type === RECORD || s.type === ACT) && s.value[4] < this.time - this.drift);
    old.sort((a, b) => (a.value[4] < b.value[4] ? -1 : a.value[4] > b.value[4] ? 1 : Buffer.compare(a.key, b.key)));
    for (const s of old.slice(0, 2 * records.length + 64)) this.status.delete(s.key.toString("hex"));
    this.size += 1n;
    const block = [1, header[2], this.height, L.tagged("block", headerBytes), this.time];
    return Buffer.concat([Buffer.from([2]), encode([...block, results.length, L.rootOf(results), this.status.size, this.root()])]);
  }
}

function readRecord(wire) {
  const [headerBytes, signature, body] = decode(wire);
  const items = decode(body);
  const header = L.readHeader(headerBytes), digests = items.map(L.itemDigestWhole);
  return { header, wire: L.wireId(headerBytes, signature), id: L.tagged("record-id", headerBytes), items, digests };
}

const [file, blocks] = decode(readFileSync(process.argv[2]));
const ledger = new Ledger(file);
for (const [headerBytes, records, leaf] of blocks) {
  const ours = ledger.execute(headerBytes, records);
  if (L.same(ours, leaf)) continue;
  console.log(`second: height ${ledger.height} differs\n  theirs ${leaf.toString("hex")}\n  ours   ${ours.toString("hex")}`);
  process.exit(1);
}
console.log(`second implementation: ${blocks.length} blocks executed to the same leaves, ${ledger.status.size} status values at the end`);
