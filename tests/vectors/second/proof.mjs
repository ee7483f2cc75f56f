// Section P: a bundle and a chain id in, a statement out; throws the rule that is broken.
import { codeHash, codeOf, rootFrom } from "./code.mjs";
import { decode, encode } from "./codec.mjs";
import { canonical } from "./identifier.mjs";
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
  must(type < 64n || type > 76n || (told[0] === 1n && things[0] === 1n), "P7", "whole");
  return { index, digest, type, fields: told[0] === 1n ? decode(told[1]) : null, things: things[1] };
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

const text = (s) => Buffer.from(s);
const ID = /^[A-Za-z0-9._:-]{1,64}\/[!-.0-~]{1,64}$/, CODE = /^https:\/\/id\.gs1\.org\/01\/\d{14}\/21\/[0-9A-HJKMNP-TV-Z]{20}$/;
const issuing = (item) => item.type === 64n || item.type === 65n;
const idOf = (record, item) => `${record.header.subject}/${item.fields.get("number")}`;
const itemAt = (told, logIndex, index) => {
  const record = told.find((r) => r.logIndex === logIndex), item = record && record.items.find((i) => i.index === index);
  must(item !== undefined, "P9", "an item that must be disclosed");
  return { record, item };
};

// P8: the line of a certificate; the value of its first
function line(id, found, names) {
  let first = null;
  for (let n = 0; id !== ""; n++) {
    must(n < 16, "P8", "line");
    names.add(wantKey(16n, text(id)));
    const value = found.get(wantKey(16n, text(id)));
    if (!value) return first;
    const v = decode(value);
    names.add(wantKey(1n, text(id.slice(0, id.indexOf("/"))))).add(wantKey(1n, text(v[10])));
    for (const up of v[12]) names.add(wantKey(16n, text(up)));
    first ??= v;
    id = v[15];
  }
  return first;
}

// P13 of an issuing item
function issues({ record, item }, id, v) {
  must(issuing(item) && idOf(record, item) === id && same(item.digest, v[13]), "P13", "issue");
  must(record.logIndex === v[6] && item.index === v[7], "P13", "place");
}

// Question 3; the disclosed items that it asks for
function certificate(id, found, names, told) {
  const v = line(id, found, names);
  if (!v) return [];
  names.add(wantKey(24n, text(v[8])));
  const issue = itemAt(told, v[6], v[7]);
  issues(issue, id, v);
  if (v[1] === 1n) return [issue];
  const end = itemAt(told, v[3], v[16]);
  if (v[1] === 2n) must(end.item.type === 66n, "P13", "revoked");
  else must(end.item.type === 65n && idOf(end.record, end.item) === v[15], "P13", "superseded");
  return [issue, end];
}

// Question 4: what it asks for beside the thing
function code(name, leaf, found, names, told) {
  const at = codeOf(name), packKey = wantKey(17n, text(at.pack));
  names.add(packKey);
  const value = found.get(packKey), v = value ? decode(value) : null;
  must((leaf !== null) === (v !== null && at.index < v[9]), "P12", "leaf");
  if (!v) return { items: [], state: "no pack" };
  const [, , , , , , issued, item, subject, count, root, lot, cert] = v;
  names.add(wantKey(1n, text(subject)));
  if (lot !== "") names.add(wantKey(3n, text(lot)));
  line(cert, found, names);
  const issue = itemAt(told, issued, item), f = issue.item.fields, named = canonical(issue.item.things[0][1]);
  must(issue.item.type === 72n && issue.record.header.subject === subject && f.get("count") === count, "P13", "pack");
  must(same(f.get("root"), root) && f.get("certificate") === cert && (lot === "" || named === lot), "P13", "pack");
  must(named.startsWith(`https://id.gs1.org/01/${at.gtin}`) && f.get("pack") === at.pack.slice(15), "P13", "pack id");
  if (!leaf) return { items: [issue], state: "no index" };
  const [bytes, path] = leaf;
  const top = rootFrom(leafHash(bytes), at.index, count, path);
  must(leaf.length === 2 && bytes.length > 0 && bytes.length <= 128 && top !== null && same(top, root), "P12", "path");
  let own = false;
  try {
    const [index, hash, key, ...more] = decode(bytes);
    own = more.length === 0 && index === at.index && same(hash, codeHash(subject, at)) && key.length === 32;
  } catch {
    own = false;
  }
  if (!own) return { items: [issue], state: "other" };
  const claim = wantKey(18n, encode([at.pack, at.index]));
  names.add(claim);
  return { items: [issue], state: found.get(claim) ? "claimed" : "issued" };
}

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
  const kind = question[0], named = kind >= 2n ? question[1] : null;
  fields(question, kind === 4n ? 3 : 2, "P5");
  must(kind >= 1n && kind <= 4n, "P5");
  if (kind === 3n) must(ID.test(named), "P5");
  if (kind === 2n || kind === 4n) must(canonical(named) === named, "P5");
  if (kind === 4n) must(CODE.test(named), "P5");
  let thing = null, asked = [], state = null;
  checkStatuses(statuses, (found) => {
    const names = new Set();
    for (const r of told) {
      names.add(wantKey(1n, text(r.header.subject)));
      names.add(wantKey(2n, r.header.key));
    }
    if (kind === 2n || kind === 4n) {
      names.add(wantKey(3n, text(named)));
      const value = found.get(wantKey(3n, text(named)));
      if (value) {
        const [, , , , , , count, chain, lot, , product] = decode(value);
        thing = { count, chain };
        for (const name of [lot, product]) if (name !== "") names.add(wantKey(3n, text(name)));
      }
    }
    if (kind === 2n)
      for (const r of told)
        for (const item of r.items.filter(issuing)) {
          const id = idOf(r, item), v = line(id, found, names);
          must(v !== null, "P8");
          issues({ record: r, item }, id, v);
        }
    if (kind === 3n) asked = certificate(named, found, names, told);
    if (kind === 4n) ({ items: asked, state } = code(named, question[2], found, names, told));
    return names;
  }, statusRoot);

  let entries = histories;
  if (kind === 1n) {
    must(told.length === 1 && same(told[0].id, question[1]) && histories.length === 0, "P5");
  } else {
    const count = thing ? thing.count : 0n;
    let before = 0n, chain = Buffer.alloc(32);
    if (kind === 4n) {
      fields(histories, 3, "P9");
      [before, chain, entries] = histories;
      must(before === (count <= 32n ? 0n : 16n * ((count - 1n) / 16n) - 16n) && chain.length === 32, "P9", "before");
      must(before > 0n || same(chain, Buffer.alloc(32)), "P9", "chain");
    }
    const shown = new Set(asked.map(({ record, item }) => `${record.logIndex}.${item.index}`));
    entries.forEach((entry, n) => {
      const [i, logIndex, item, id, who, digest] = entry;
      must(entry.length === 6 && i === before + BigInt(n + 1), "P9");
      const { record: r, item: t } = itemAt(told, logIndex, item);
      must(same(r.id, id) && r.header.subject === who && same(t.digest, digest), "P9");
      shown.add(`${logIndex}.${item}`);
      chain = historyNext(chain, entry);
    });
    must(BigInt(entries.length) === count - before, "P9", "count");
    if (kind !== 3n) must(same(chain, thing ? thing.chain : Buffer.alloc(32)), "P9", "chain");
    const all = told.flatMap((r) => r.items.map((t) => `${r.logIndex}.${t.index}`));
    must(all.length === shown.size && all.every((t) => shown.has(t)), "P9", "records");
  }
  must(same(encode(bundle), bytes), "M", "encoding");
  return { size, height, asOf, records: told.length, entries: entries.length, exists: thing !== null, state };
}
