// node second.mjs GOLDEN: a second implementation, written from docs/spec.md and not from the C code, must find the golden bytes right: every
// hash recomputed, every signature checked, every proof verified, and no proof true with a byte changed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decode, decodeAll, decodeFirst, encode, uintBytes } from "./codec.mjs";
import * as L from "./ledger.mjs";
import { verifyBundle } from "./proof.mjs";
import { openSealed } from "./sealed.mjs";

const dir = process.argv[2];
const text = (name) => readFileSync(join(dir, name), "utf8");
const hex = (name) => Buffer.from(text(name + ".hex").split("\n").filter((l) => !l.startsWith("#")).join(""), "hex");
let checks = 0;
function check(good, what) {
  checks++;
  if (!good) {
    console.log("second: wrong: " + what);
    process.exit(1);
  }
}
const equal = (a, b, what) => check(L.same(a, b), `${what}\n  ${a.toString("hex")}\n  ${b.toString("hex")}`);

// C4
const seed = Buffer.from([...Array(32).keys()]);
const keys = hex("keys");
["consensus", "checkpoint", "log", "transport", "record"].forEach((purpose, i) => {
  const d = L.derive(seed, purpose);
  equal(d, keys.subarray(64 * i, 64 * i + 32), "C4 " + purpose);
  equal(L.publicKey(d), keys.subarray(64 * i + 32, 64 * i + 64), "key of " + purpose);
});

// G
const [validatorBytes, restBytes] = decode(hex("genesis"));
const g = L.openGenesis(validatorBytes, L.sha256(restBytes));
equal(g.chain, hex("chain_id"), "G3");
const rest = decode(restBytes);
const entries = [];
for (const [subject, name, roles, division, memberKeys] of rest[4]) {
  entries.push([L.statusKey(1, Buffer.from(subject)), encode([1, 1, 0, 0, 0, 0, roles, name, division])]);
  for (const [key, from, until] of memberKeys) entries.push([L.statusKey(2, key), encode([1, 1, 0, 0, until, 0, subject, from])]);
}
const leaf0 = hex("genesis_leaf");
const genesisLeaf = encode([1, L.sha256(validatorBytes), L.sha256(restBytes), entries.length, L.statusRoot(entries)]);
equal(leaf0, Buffer.concat([Buffer.from([0]), genesisLeaf]), "G8");

// I
const item = decode(hex("item"));
const fields = L.sha256(encode(item[1])), things = L.rootOf(item[2].map(L.thingHash));
equal(Buffer.concat([fields, things, L.itemDigestWhole(item)]), hex("item_digests"), "I4");
const name = Buffer.from("/ilmd/https:~1~1ns.example~1contact");
const salt = Buffer.from([1, 2, 3, ...Array(13).fill(0)]);
const hidden = L.tagged("hidden", g.chain, Buffer.from([3]), salt, uintBytes(name.length, 4), name, encode("13800000000"));
equal(encode({ ext: Buffer.concat([Buffer.from([3]), hidden]) }), hex("hidden"), "I3");

// R
const [headerBytes, signature, body] = decode(hex("record"));
const header = L.readHeader(headerBytes);
equal(headerBytes, hex("record_header"), "R6");
equal(header.chain, g.chain, "R1");
const items = decode(body);
check(BigInt(items.length) === header.items && BigInt(body.length) === header.bodyLength, "R3");
equal(L.rootOf(items.map((i) => L.leafHash(L.itemDigestWhole(i)))), header.bodyRoot, "R3");
check(L.verify(header.key, L.signedTag("record", headerBytes), signature), "R2");
equal(L.recordLeaf(headerBytes, signature), hex("record_leaf"), "R4");
equal(Buffer.concat([L.wireId(headerBytes, signature), L.tagged("record-id", headerBytes)]), hex("record_ids"), "R4, R5");

// U
const [openingBytes, sealedKey, sealedBytes, keysOpen, keysWrapped, requestBytes] = decode(hex("sealed"));
const wire = L.wireId(headerBytes, signature);
const signedBefore = (fields) => Buffer.concat([g.chain, encode(fields.slice(0, 5))]);
const sealedFields = decode(sealedBytes), [, sealedWire, sealedTier, nonce, ciphertext, sealedBy] = sealedFields;
check(sealedFields[0] === 1n && sealedTier === 3n && L.same(sealedWire, wire), "U3");
check(L.verify(header.key, L.signedTag("sealed", signedBefore(sealedFields)), sealedBy), "U3: signature");
const sealPlain = openSealed(sealedKey, nonce, Buffer.concat([Buffer.from("suyuan/seal/v1\0"), g.chain, wire, Buffer.from([3])]), ciphertext);
check(sealPlain.length === 512 && sealPlain.subarray(4 + openingBytes.length).every((b) => b === 0), "U2");
equal(sealPlain.subarray(0, 4), uintBytes(openingBytes.length, 4), "U2");
equal(sealPlain.subarray(4, 4 + openingBytes.length), openingBytes, "U2");
const [[openItem, openName, openSalt, openValue]] = decode(openingBytes);
check(openItem === 1n && openName === name.toString() && L.same(openSalt, salt) && decode(openValue) === "13800000000", "U1");
for (const [bytes, tier, length] of [[keysOpen, 3n, 32], [keysWrapped, 1n, 80]]) {
  const fields = decode(bytes), [version, of, t, id, entries, by] = fields;
  check(version === 1n && L.same(of, wire) && t === tier && entries.length === 1 && entries[0][1].length === length, "U4");
  equal(id, L.sha256(sealedBytes), "U4: id");
  check(L.verify(header.key, L.signedTag("sealed-keys", signedBefore(fields)), by), "U4: signature");
  if (tier === 3n) equal(Buffer.concat(entries[0]), Buffer.concat([Buffer.alloc(32), sealedKey]), "U4");
}
const request = decode(requestBytes);
check(request[2] === 1n && request[4] === 1780272000000n, "U6");
check(L.verify(request[3], L.signedTag("sealed-request", signedBefore(request)), request[5]), "U6: signature");
const deletionItem = decode(hex("deletion_item"));
check(deletionItem[0] === 56n && deletionItem[2].length === 0 && deletionItem[1].get("tiers") === 4n, "U8");
equal(deletionItem[1].get("record"), wire, "U8");

// A
const act = decode(hex("act"));
const actMap = act[1].get("act"), [[approver, approval]] = act[1].get("approvals");
const actMessage = Buffer.concat([g.chain, Buffer.from([32]), uintBytes(1780272000000, 8), uintBytes(7, 8), L.sha256(encode(actMap))]);
check(act[0] === 32n && act[2].length === 0 && L.verify(approver, L.signedTag("approval", actMessage), approval), "A2");
equal(L.tagged("act", actMessage), hex("act_digest"), "A7");

// B, V, X
const blockBytes = hex("block_header"), block = decode(blockBytes);
const digest = L.tagged("block", blockBytes);
equal(digest, hex("block_digest"), "B2");
equal(block[5], g.chain, "G9: the parent of block 1");
const [storedHeader, wireIds, certificate, link] = decode(hex("stored_block"));
equal(storedHeader, blockBytes, "B7");
equal(L.rootOf(wireIds), block[7], "B3");
check(BigInt(wireIds.length) === block[6], "B3");
L.checkCertificate(g, certificate);
link.forEach((c) => L.checkCertificate(g, c));
equal(certificate[4], digest, "B7");
const vote = decode(hex("vote"));
equal(L.ballotMessage(g.chain, vote), hex("ballot"), "V1");
check(L.checkVote(g, vote.slice(0, 5), vote[5], vote[6]), "V2");
L.checkCertificate(g, decode(hex("certificate")));
L.checkCertificate(g, decode(hex("nullification")));
const results = decodeAll(hex("results"));
const blockLeaf = hex("block_leaf"), leaf = decode(blockLeaf.subarray(1));
check(blockLeaf[0] === 2 && leaf[2] === 1n && leaf[5] === BigInt(results.length), "X5");
equal(leaf[3], digest, "X5");
equal(L.rootOf(results.map((r) => L.leafHash(encode(r)))), leaf[6], "X4");

// S
const statusRoot = hex("status_root").subarray(8);
function statusFile(file, type, subject, exists, under = statusRoot) {
  let bytes = hex(file);
  const key = L.statusKey(type, subject);
  equal(bytes.subarray(0, 32), key, "S1 " + file);
  bytes = bytes.subarray(32);
  let value = null;
  if (exists) {
    const [v, after] = decodeFirst(bytes);
    value = encode(v);
    equal(after.subarray(0, 32), L.statusValue(value), "S1");
    equal(after.subarray(32, 64), L.statusLeaf(key, L.statusValue(value)), "S2");
    bytes = after.subarray(64);
  }
  L.checkStatus(decode(bytes), key, value, under);
  checks++;
  return value && decode(value);
}
statusFile("status_member", 1, Buffer.from("farm1"), true);
statusFile("status_key", 2, header.key, true);
statusFile("status_thing", 3, Buffer.from("https://id.gs1.org/01/06901234567892/21/1002"), true);
statusFile("status_absent", 3, Buffer.from("never"), false);

// D, S5
const certifiedRoot = hex("certified_root").subarray(8);
const lot = "https://id.gs1.org/01/06901234567892/10/A";
const issued = decode(hex("certificate_item")), definition = hex("certificate_type");
const certificateValue = statusFile("status_certificate", 16, Buffer.from("farm1/2026-0001"), true, certifiedRoot);
equal(certificateValue[13], L.itemDigestWhole(issued), "S5: item digest");
equal(certificateValue[9], L.sha256(definition), "S5: definition");
equal(encode(certificateValue[11]), encode([[lot, "NPR", 40500000n, 0n]]), "S5: covered");
check(certificateValue[4] === issued[1].get("until") && certificateValue[14] === 1n && certificateValue[15] === "", "S5: until, line, other");
const balance = statusFile("status_balance", 21, encode([2, "farm1", lot, "NPR", "shoe-origin"]), true, certifiedRoot);
check(balance[6] === 40500000n, "D8");
equal(statusFile("status_certificate_type", 24, Buffer.from("shoe-origin"), true, certifiedRoot)[6], definition, "A9");
const [revoked, revocation] = decode(hex("revocation_item"));
check(revoked === 66n && revocation.get("certificate") === "farm1/2026-0001" && revocation.get("reason") === 3n, "D4");

// Q
{
  const coded = hex("coded_root"), codedChain = coded.subarray(0, 32), codedRoot = coded.subarray(40);
  const code = hex("code"), leaves = hex("pack_leaves");
  const name = code.subarray(0, 60).toString(), gtin = name.slice(22, 36), serial = name.slice(-20);
  check(name.startsWith("https://id.gs1.org/01/") && name.slice(36, 40) === "/21/" && serial.startsWith("K7M2Q0002"), "Q1");
  const codeHash = L.tagged("code", Buffer.concat([Buffer.from([5]), Buffer.from("farm1" + gtin + serial)]));
  equal(codeHash, code.subarray(60, 92), "Q2: code hash");
  equal(encode([2n, codeHash, code.subarray(92, 124)]), code.subarray(124), "Q2: leaf");
  const entriesOf = [0, 1, 2, 3, 4].map((i) => [BigInt(i), leaves.subarray(64 * i, 64 * i + 32), leaves.subarray(64 * i + 32, 64 * i + 64)]);
  const packRoot = L.rootOf(entriesOf.map((e) => L.leafHash(encode(e))));
  equal(packRoot, leaves.subarray(320), "Q2: root");
  equal(leaves.subarray(128, 192), code.subarray(60, 124), "Q2: entry 2");
  const itemsOfCodes = decodeAll(hex("code_items"));
  const [packType, packFields, packThings] = itemsOfCodes[0];
  check(packType === 72n && packFields.get("count") === 5n && packFields.get("certificate") === "farm1/C1" && packThings[0][0] === 11n, "Q4");
  equal(packFields.get("root"), packRoot, "Q4: root");
  const [voidType, voidFields] = itemsOfCodes[1];
  check(voidType === 73n && voidFields.get("pack") === `${gtin}/K7M2Q` && voidFields.get("first") === 3n && voidFields.get("last") === 3n, "Q5");
  const [claimType, claimFields, claimThings] = itemsOfCodes[2];
  check(claimType === 76n && claimThings[0][0] === 12n && claimThings[0][1] === name, "Q8");
  const message = Buffer.concat([codedChain, encode([gtin, serial, claimFields.get("division"), claimFields.get("nonce")])]);
  check(L.verify(claimFields.get("key"), L.signedTag("claim", message), claimFields.get("signature")), "Q8: signature");
  equal(claimFields.get("key"), code.subarray(92, 124), "Q8: key");
  // Of five leaves the path of the third: its neighbour, the pair before, the fifth.
  const leafHashes = entriesOf.map((e) => L.leafHash(encode(e))), pair = L.nodeHash(leafHashes[0], leafHashes[1]);
  equal(Buffer.concat(claimFields.get("path")), Buffer.concat([leafHashes[3], pair, leafHashes[4]]), "Q8: path");
  const packValue = statusFile("status_pack", 17, Buffer.from(`${gtin}/K7M2Q`), true, codedRoot);
  check(packValue[8] === "farm1" && packValue[9] === 5n && packValue[11] === lot, "S5: pack");
  check(packValue[12] === "farm1/C1" && packValue[13] === lot, "S5: pack");
  equal(encode(packValue[14]), encode([[3n, 3n]]), "Q7: voided");
  check(packValue[5] === 7n, "S4: reason");
  const claimValue = statusFile("status_claim", 18, encode([`${gtin}/K7M2Q`, 2n]), true, codedRoot);
  check(claimValue[6] === claimFields.get("division") && L.same(claimValue[7], claimFields.get("nonce")), "S5: claim");
  check(statusFile("status_codes", 21, encode([3, "farm1", lot, "", ""]), true, codedRoot)[6] === 4000000n, "Q6, Q7: codes of the lot");
}

// H
let chain = Buffer.alloc(32), left = hex("history");
while (left.length > 0) {
  const [entry, after] = decodeFirst(left);
  chain = L.historyNext(chain, entry);
  equal(chain, after.subarray(0, 32), "H1");
  left = after.subarray(32);
}

// K
const [index, size, root, time, cosignature, logSignature] = decode(hex("cosignature"));
const noteBody = L.checkpointBody(g.origin, size, root), v = g.validators[Number(index)];
check(L.verify(v.checkpoint, L.cosigned(time, noteBody), cosignature), "K2 cosignature");
check(L.verify(v.log, noteBody, logSignature), "K2 log");
const note = text("checkpoint.txt");
const lines = note.slice(note.indexOf("\n\n") + 2).trimEnd().split("\n");
check(note.startsWith(noteBody.toString() + "\n") && lines.length === 2 * g.quorum, "K1");
const keyId = (who, type, key) => L.sha256(Buffer.from(who + "\n"), Buffer.from([type]), key).subarray(0, 4);
for (const line of lines) {
  const [, who, b64] = line.split(" ");
  const bytes = Buffer.from(b64, "base64"), id = bytes.subarray(0, 4), sig = bytes.subarray(4);
  const signs = (x) => (who === g.origin ? L.same(keyId(who, 1, x.log), id) : x.name === who && L.same(keyId(who, 4, x.checkpoint), id));
  const signer = g.validators.find(signs);
  check(signer !== undefined, "K2: whose line is " + line);
  if (who === g.origin) check(L.verify(signer.log, noteBody, sig), "K2");
  else check(L.verify(signer.checkpoint, L.cosigned(sig.readBigUInt64BE(), noteBody), sig.subarray(8)), "K2");
}

// J
const journal = hex("journal");
const TABLE = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});
const crc = (b) => (b.reduce((c, x) => TABLE[(c ^ x) & 255] ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;
const segment = journal.subarray(0, 104), frame = journal.subarray(104, 136), frameBody = journal.subarray(136);
check(segment.toString("latin1", 0, 16) === "suyuan journal\0\x01" && segment.readUInt32BE(16) === crc(segment.subarray(20)), "J1");
equal(segment.subarray(52, 84), g.chain, "J1");
const place = Buffer.concat([segment.subarray(32, 40), segment.subarray(24, 32), uintBytes(104, 4)]);
check(frame.readUInt32BE(0) === crc(Buffer.concat([place, frame.subarray(4)])) && frame.readUInt32BE(4) === crc(frameBody), "J2");
check(frame.readUInt32BE(8) === frameBody.length && frame[24] === 1, "J2");
equal(frameBody, hex("vote"), "J3");

// P
const own = { chain: g.chain, height: 2n, size }, coded = { chain: hex("coded_root").subarray(0, 32), height: 3n, size: 10n };
const bundles = {
  proof_record: { ...own, records: 1, entries: 0, exists: false },
  proof_thing: { ...own, records: 2, entries: 3, exists: true },
  proof_absence: { ...own, records: 0, entries: 0, exists: false },
  proof_certificate: { ...coded, records: 1, entries: 0 },
  proof_code: { ...coded, records: 2, entries: 1, exists: true, state: "claimed" },
  proof_code_never: { ...coded, records: 1, entries: 0, exists: false, state: "other" },
};
for (const [file, { chain, ...expected }] of Object.entries(bundles)) {
  const bundle = hex(file);
  const s = verifyBundle(bundle, chain);
  check(Object.keys(expected).every((k) => s[k] === expected[k]), "P " + file);
  for (let i = 0; i < bundle.length; i += 3) { // tests/unit/test_genesis_proof*.c try every byte
    const bad = Buffer.from(bundle);
    bad[i] ^= 1 << i % 8;
    let accepted = true;
    try {
      verifyBundle(bad, chain);
    } catch {
      accepted = false;
    }
    check(!accepted, `P11: ${file} with byte ${i} changed`);
  }
}
console.log(`second implementation: ${checks} checks of the golden bytes, 0 wrong`);
