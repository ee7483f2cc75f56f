// The ledger's hashes, signatures and proofs from docs/spec.md alone, with node's own crypto: what a phone or a stranger would write.
import crypto from "node:crypto";
import { decode, encode, uintBytes } from "./codec.mjs";

export const sha256 = (...parts) => crypto.createHash("sha256").update(Buffer.concat(parts)).digest();
const tag = (name) => Buffer.from("suyuan/" + name + "/v1\0");
export const tagged = (name, ...parts) => sha256(tag(name), ...parts);

export function fail(rule, why = "") {
  throw new Error(`${rule} ${why}`.trim());
}
export function must(good, rule, why) {
  if (!good) fail(rule, why);
}
export const same = (a, b) => Buffer.compare(a, b) === 0;

const SPKI = Buffer.from("302a300506032b6570032100", "hex");
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
export function verify(key, message, signature) {
  try {
    const k = crypto.createPublicKey({ key: Buffer.concat([SPKI, key]), format: "der", type: "spki" });
    return crypto.verify(null, message, k, signature);
  } catch {
    return false;
  }
}
export function publicKey(seed) {
  const k = crypto.createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });
  return crypto.createPublicKey(k).export({ format: "der", type: "spki" }).subarray(12);
}
export const signedTag = (name, message) => Buffer.concat([tag(name), message]);

// C4
export const derive = (seed, purpose) => tagged("derive", Buffer.from(purpose + "\0"), seed);

// C5
export const leafHash = (leaf) => sha256(Buffer.from([0]), leaf);
export const nodeHash = (l, r) => sha256(Buffer.from([1]), l, r);
export function rootOf(hashes) {
  if (hashes.length === 0) return sha256();
  if (hashes.length === 1) return hashes[0];
  let k = 1;
  while (2 * k < hashes.length) k *= 2;
  return nodeHash(rootOf(hashes.slice(0, k)), rootOf(hashes.slice(k)));
}
// RFC 9162 section 2.1.3, by recursion from the root: which side the leaf is on says where the path's last hash goes.
export function rootFromPath(leaf, index, size, path) {
  if (size === 1n) {
    must(path.length === 0, "P10");
    return leaf;
  }
  must(path.length > 0, "P10");
  let k = 1n;
  while (2n * k < size) k *= 2n;
  const last = path[path.length - 1], rest = path.slice(0, -1);
  return index < k ? nodeHash(rootFromPath(leaf, index, k, rest), last) : nodeHash(last, rootFromPath(leaf, index - k, size - k, rest));
}
export function inTree(leaf, index, size, path, root, rule) {
  must(index >= 0n && index < size, rule, "index");
  must(same(rootFromPath(leaf, index, size, path), root), rule, "path");
}

// G3, K1
export function openGenesis(validatorBytes, restDigest) {
  const [version, suite, domain, validators] = decode(validatorBytes);
  must(version === 1n && suite === 1n, "G1");
  const chain = tagged("genesis", sha256(validatorBytes), restDigest);
  return {
    chain, domain, origin: `${domain}/suyuan/${chain.toString("hex")}`,
    validators: validators.map(([name, consensus, checkpoint, log, transport]) => ({ name, consensus, checkpoint, log, transport })),
    quorum: validators.length - Math.floor((validators.length - 1) / 3),
  };
}

// I4
export const thingHash = (thing) => leafHash(encode(thing));
export function itemDigest(type, fieldsDigest, count, thingsRoot) {
  return tagged("item", Buffer.from([Number(type)]), fieldsDigest, uintBytes(count, 4), thingsRoot);
}
export function itemDigestWhole([type, fields, things]) {
  return itemDigest(type, sha256(encode(fields)), things.length, rootOf(things.map(thingHash)));
}

// R
export const recordLeaf = (header, signature) => Buffer.concat([Buffer.from([1]), header, signature]);
export const wireId = (header, signature) => leafHash(recordLeaf(header, signature));
export function readHeader(bytes) {
  const [version, suite, chain, kind, subject, key, created, expires, nonce, items, bodyLength, bodyRoot] = decode(bytes);
  must(version === 1n && suite === 1n, "R1");
  return { chain, kind, subject, key, created, expires, nonce, items, bodyLength, bodyRoot };
}

// S
export const statusKey = (type, subject) => tagged("status-key", Buffer.from([Number(type)]), uintBytes(subject.length, 2), subject);
export const statusValue = (value) => tagged("status-value", value);
export const statusLeaf = (k, v) => sha256(Buffer.from([2]), k, v);
const statusNode = (l, r) => sha256(Buffer.from([3]), l, r);
const EMPTY = Buffer.alloc(32);
const bit = (k, i) => (k[i >> 3] >> (7 - (i & 7))) & 1;

// S2 by its definition: [[key, value bytes], ...] -> root.
export function statusRoot(entries, depth = 0) {
  if (entries.length === 0) return EMPTY;
  if (entries.length === 1) return statusLeaf(entries[0][0], statusValue(entries[0][1]));
  return statusNode(statusRoot(entries.filter(([k]) => !bit(k, depth)), depth + 1), statusRoot(entries.filter(([k]) => bit(k, depth)), depth + 1));
}

// S3; value is null for an absence.
export function checkStatus(proof, key, value, root) {
  must(proof.length === 4, "S3");
  const [depthBig, bitmap, siblings, terminal] = proof;
  const depth = Number(depthBig);
  must(depth <= 256 && bitmap.length === Math.ceil(depth / 8), "S3", "bitmap");
  for (let i = depth; i < 8 * bitmap.length; i++) must(!bit(bitmap, i), "S3", "spare bit");
  must(depth === 0 || bit(bitmap, depth - 1), "S3", "not the smallest depth");
  let at;
  if (terminal[0] === 0n) {
    must(terminal.length === 1 && value === null, "S3");
    at = EMPTY;
  } else if (terminal[0] === 1n) {
    must(terminal.length === 1 && value !== null, "S3");
    at = statusLeaf(key, statusValue(value));
  } else {
    must(terminal[0] === 2n && terminal.length === 3 && value === null, "S3");
    const other = terminal[1];
    must(!same(other, key), "S3");
    for (let i = 0; i < depth; i++) must(bit(other, i) === bit(key, i), "S3", "another place");
    at = statusLeaf(other, terminal[2]);
  }
  let next = 0;
  for (let d = depth - 1; d >= 0; d--) {
    let sibling = EMPTY;
    if (bit(bitmap, d)) {
      sibling = siblings[next++];
      must(sibling !== undefined && !same(sibling, EMPTY), "S3", "siblings");
    }
    at = bit(key, d) ? statusNode(sibling, at) : statusNode(at, sibling);
  }
  must(next === siblings.length, "S3", "siblings");
  must(same(at, root), "S3", "root");
}

// H1
export const historyNext = (chain, entry) => tagged("history", chain, encode(entry));

// K
export const checkpointBody = (origin, size, root) => Buffer.from(`${origin}\n${size}\n${root.toString("base64")}\n`);
export const cosigned = (time, body) => Buffer.concat([Buffer.from(`cosignature/v1\ntime ${time}\n`), body]);

// V
export const ballotMessage = (chain, [kind, epoch, view, parent, digest]) => encode([chain, epoch, kind, view, parent, digest]);
export function checkVote(genesis, ballot, signer, signature) {
  const v = genesis.validators[Number(signer)];
  return verify(v.consensus, signedTag("vote", ballotMessage(genesis.chain, ballot)), signature);
}
export function checkCertificate(genesis, certificate) {
  const ballot = certificate.slice(0, 5), [, , , , , signers, signatures] = certificate;
  const n = genesis.validators.length;
  must(signers.length === Math.ceil(n / 8), "V3");
  const indices = [];
  for (let i = 0; i < 8 * signers.length; i++) if ((signers[i >> 3] >> (i & 7)) & 1) indices.push(i);
  must(indices.every((i) => i < n) && indices.length === genesis.quorum && signatures.length === genesis.quorum, "V3");
  indices.forEach((signer, i) => must(checkVote(genesis, ballot, signer, signatures[i]), "V3", "signature"));
}
