// Section P: a bundle and a chain id in, a statement out; throws the rule that is broken.
import { decode, encode } from "./codec.mjs";
import {
  checkStatus, checkpointBody, cosigned, historyNext, inTree, itemDigest, leafHash, must, openGenesis, readHeader, rootOf, same, sha256,
  signedTag, statusKey, thingHash, verify, wireId,
} from "./ledger.mjs";

const rising = (list, less, rule) => list.forEach((x, i) => must(i === 0 || less(list[i - 1], x), rule, "order"));
const fields = (v, n, rule) => must(Array.isArray(v) && v.length === n, rule, "form");

function checkItem(item, header) {
  fields(item, 6, "P7");
  const [index, type, told, count, things, path] = item;
  fields(told, 2, "P7");
  must(told[0] === 1n || told[0] === 0n, "P7");
  if (told[0] === 1n) must(decode(told[1]) instanceof Map, "P7");
  else must(told[1].length === 32, "P7");
  const fieldsDigest = told[0] === 1n ? sha256(told[1]) : told[1];
  let root;
  if (things[0] === 1n) {
    fields(things, 2, "P7");
    must(BigInt(things[1].length) === count, "P7");
    root = rootOf(things[1].map(thingHash));
  } else {
    fields(things, 3, "P7");
    must(things[0] === 0n, "P7");
    root = things[1];
    rising(things[2], (a, b) => a[0] < b[0], "P7");
    for (const [i, thing, p] of things[2]) inTree(thingHash(thing), i, count, p, root, "P7");
  }
  const digest = itemDigest(type, fieldsDigest, count, root);
  inTree(leafHash(digest), index, header.items, path, header.bodyRoot, "P7");
  return { index, digest };
}

function checkRecord(record, chain, size, root) {
  fields(record, 5, "P6");
  const [logIndex, headerBytes, signature, path, items] = record;
  const header = readHeader(headerBytes);
  must(same(header.chain, chain), "P6", "chain");
  const id = wireId(headerBytes, signature);
  inTree(id, logIndex, size, path, root, "P6");
  must(verify(header.key, signedTag("record", headerBytes), signature), "P6", "signature");
  must(items.length >= 1, "P7");
  rising(items, (a, b) => a[0] < b[0], "P7");
  return { logIndex, header, id, items: items.map((i) => checkItem(i, header)) };
}

const wantKey = (type, subject) => `${type}:${subject.toString("hex")}`;

function checkStatuses(statuses, wanted, root) {
  rising(statuses, (a, b) => a[0] < b[0] || (a[0] === b[0] && Buffer.compare(a[1], b[1]) < 0), "P8");
  const found = new Map();
  for (const s of statuses) {
    fields(s, 4, "P8");
    const [type, subject, value, proof] = s;
    checkStatus(proof, statusKey(type, subject), value, root);
    if (value !== null) must(decode(value).length >= 6, "S4");
    found.set(wantKey(type, subject), value);
  }
  const names = wanted(found);
  must(names.size === found.size && [...names].every((k) => found.has(k)), "P8", "missing or too many");
  return found;
}

export function verifyBundle(bytes, chainTrusted) {
  const bundle = decode(bytes);
  fields(bundle, 10, "P1");
  const [version, validatorBytes, restDigest, handovers, question, checkpoint, block, records, statuses, histories] = bundle;
  must(version === 1n && handovers.length === 0 && bytes.length <= 1 << 20, "P1");
  const g = openGenesis(validatorBytes, restDigest);
  must(same(g.chain, chainTrusted), "P2");
  fields(checkpoint, 3, "P3");
  const [size, root, cosignatures] = checkpoint;
  must(cosignatures.length === g.quorum, "P3");
  rising(cosignatures, (a, b) => a[0] < b[0], "P3");
  const body = checkpointBody(g.origin, size, root);
  for (const [index, time, signature] of cosignatures)
    must(verify(g.validators[Number(index)].checkpoint, cosigned(time, body), signature), "P3", "cosignature");
  const asOf = cosignatures.map((c) => c[1]).reduce((a, b) => (a < b ? a : b));

  fields(block, 2, "P4");
  inTree(leafHash(block[0]), size - 1n, size, block[1], root, "P4");
  must(block[0][0] === (size === 1n ? 0 : 2), "P4");
  const leaf = decode(block[0].subarray(1));
  let statusRoot, height = 0n;
  if (size === 1n) {
    must(same(leaf[1], sha256(validatorBytes)) && same(leaf[2], restDigest), "P4");
    statusRoot = leaf[4];
  } else {
    must(leaf.length === 9, "X5");
    height = leaf[2];
    statusRoot = leaf[8];
  }

  rising(records, (a, b) => a[0] < b[0], "P6");
  const told = records.map((r) => checkRecord(r, g.chain, size, root));
  fields(question, 2, "P5");
  const aboutThing = question[0] === 2n;
  must(aboutThing || question[0] === 1n, "P5");
  const subject = aboutThing ? Buffer.from(question[1]) : null;
  let thing = null;
  checkStatuses(statuses, (found) => {
    const names = new Set();
    for (const r of told) {
      names.add(wantKey(1n, Buffer.from(r.header.subject)));
      names.add(wantKey(2n, r.header.key));
    }
    if (!aboutThing) return names;
    names.add(wantKey(3n, subject));
    const value = found.get(wantKey(3n, subject));
    if (value) {
      const [, , , , , , count, chain, lot, , product] = decode(value);
      thing = { count, chain };
      for (const name of [lot, product]) if (name !== "") names.add(wantKey(3n, Buffer.from(name)));
    }
    return names;
  }, statusRoot);

  if (!aboutThing) {
    must(told.length === 1 && same(told[0].id, question[1]) && histories.length === 0, "P5");
  } else {
    let chain = Buffer.alloc(32);
    const named = new Map();
    histories.forEach((entry, n) => {
      const [i, logIndex, item, id, who, digest] = entry;
      must(entry.length === 6 && i === BigInt(n + 1), "P9");
      const r = told.find((x) => x.logIndex === logIndex), t = r && r.items.find((x) => x.index === item);
      must(t !== undefined && same(r.id, id) && r.header.subject === who && same(t.digest, digest), "P9");
      named.set(`${logIndex}.${item}`, true);
      chain = historyNext(chain, entry);
    });
    must(BigInt(histories.length) === (thing ? thing.count : 0n), "P9", "count");
    must(same(chain, thing ? thing.chain : Buffer.alloc(32)), "P9", "chain");
    const all = told.flatMap((r) => r.items.map((t) => `${r.logIndex}.${t.index}`));
    must(all.length === named.size && all.every((t) => named.has(t)), "P9", "records");
  }
  must(same(encode(bundle), bytes), "M", "encoding");
  return { size, height, asOf, records: told.length, entries: histories.length, exists: thing !== null };
}
