// Recalls and the acts of flow: section O and A10 to A12 of docs/spec.md, on the ledger of execute.mjs.
import { encode } from "./codec.mjs";
import { canonical } from "./identifier.mjs";
import { Telling } from "./flow.mjs";

const MEMBER = 1n, THING = 3n, RECALL = 19n, RULE = 22n, PARTY = 26n, LINK = 29n, RECALLED = 30n, YIELD = 31n, AUTHORITY = 1n;
const text = (s) => Buffer.from(s);

function stands(ledger, group, output, unit) {
  return ledger.get(LINK, encode([group, output, unit])) !== undefined;
}

function order(ledger, r, index, [, f, things], authority) {
  const s = r.header.subject, id = f.get("recall"), root = f.get("root"), own = id.split("/")[0] === s;
  const names = things.map(([, identifier]) => canonical(identifier)), links = f.get("links");
  const listed = (name) => ledger.get(RECALLED, encode([id, name]));
  let v = ledger.get(RECALL, text(id));
  if (!v) {
    if (!own) return 56;
    if (names[0] !== root) return 55;
    v = [1n, 1n, 0n, 0n, 0n, 0n, root, f.get("level"), 0n, 0n];
  } else {
    if (!own && !authority) return 56;
    if (v[1] !== 1n || v[6] !== root || v[7] !== f.get("level")) return 57;
  }
  const telling = new Telling(ledger, r, index), common = [ledger.height, r.logIndex, 0n, f.get("reason")];
  for (const [i, name] of names.entries()) {
    const x = telling.at(name), flow = telling.flow(x), [from, group] = links[i];
    if (!x.existed) return 27;
    if (!authority && flow.maker !== s) return 56;
    if (listed(name)) return 18;
    if (x.value[8] !== "" && x.value[8] !== name) return 55;
    const linked = from !== undefined && listed(from)?.[1] === 1n && stands(ledger, group, false, from) && stands(ledger, group, true, name);
    if (name !== root && !linked) return 55;
    if (flow.recalls.size >= (authority ? 8 : 4)) return 58;
    flow.recalls.set(id, ledger.time);
    ledger.put(RECALLED, encode([id, name]), [1n, 1n, ...common]);
  }
  ledger.put(RECALL, text(id), [1n, 1n, ...common, v[6], v[7], v[8] + BigInt(names.length), v[9]]);
  telling.write();
  return 0;
}

function lift(ledger, r, index, [, f, things], authority) {
  const id = f.get("recall"), v = ledger.get(RECALL, text(id)), common = [ledger.height, r.logIndex, 0n, f.get("reason")];
  if (!v) return 54;
  if (id.split("/")[0] !== r.header.subject && !authority) return 56;
  const telling = new Telling(ledger, r, index);
  for (const [, identifier] of things) {
    const name = canonical(identifier), key = encode([id, name]);
    if (ledger.get(RECALLED, key)?.[1] !== 1n) return 59;
    telling.flow(telling.at(name)).recalls.delete(id);
    ledger.put(RECALLED, key, [1n, 2n, ...common]);
  }
  const lifted = v[9] + BigInt(things.length);
  ledger.put(RECALL, text(id), [1n, lifted === v[8] ? 2n : 1n, ...common, v[6], v[7], v[8], lifted]);
  telling.write();
  return 0;
}

// The code of one item of kind 6.
export function recallItem(ledger, r, index, item) {
  const authority = (ledger.get(MEMBER, text(r.header.subject))[6] & AUTHORITY) !== 0n;
  return (item[0] === 48n ? order : lift)(ledger, r, index, item, authority);
}

// O5
export function underRecall(ledger, name) {
  const v = ledger.get(THING, text(name)), marked = (value) => value !== undefined && value[11].length > 0 && value[11][0][16].length > 0;
  return marked(v) || (v !== undefined && v[8] !== "" && marked(ledger.get(THING, text(v[8]))));
}

// A10 to A12
export function flowAct(ledger, r, type, act) {
  const put = (status, subject, ...rest) => ledger.put(status, subject, [1n, 1n, ledger.height, r.logIndex, 0n, 0n, ...rest]);
  if (type === 37n) {
    const key = Buffer.from([Number(act.get("rule"))]);
    if (ledger.get(RULE, key)?.[6] === act.get("action")) return 18;
    put(RULE, key, act.get("action"));
    return 0;
  }
  if (type === 38n) {
    const key = text(act.get("party")), subject = act.get("subject");
    if (subject !== "" && !ledger.get(MEMBER, text(subject))) return 15;
    if ((ledger.get(PARTY, key)?.[6] ?? "") === subject) return 18;
    put(PARTY, key, subject);
    return 0;
  }
  const key = text(act.get("product")), old = ledger.get(YIELD, key), bytes = encode(act);
  if (old ? Buffer.compare(old[6], bytes) === 0 : act.get("inputs").length === 0) return 18;
  put(YIELD, key, bytes);
  return 0;
}
