// Compares our EPCIS schema tables with the published JSON schema under ajv and ajv-formats, over seeded mutations of every valid document.
//
//   node cross_check.mjs VECTORS EPCIS_CHECK [SEED] [COUNT]
//
// EPCIS_CHECK is the program built from tests/vectors/epcis_check.c. Every verdict must be the same. The only documents left aside are those a
// canonical value cannot hold at all (nesting over 20 deep); they are counted and printed.
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync, statSync, existsSync } from "node:fs";
import { join } from "node:path";
import { depth, generator, mutate, relations, texts } from "./mutate.mjs";

const [vectors, program, seedText = "1", countText = "10000"] = process.argv.slice(2);
const SET = "epcis-schemas-openepcis".padEnd(30);
const SCHEMA = "epcis-schemas-openepcis/core/src/main/resources/json-schema/epcis-json-schema.json";
const SETS = ["epcis-docs-openepcis", "epcis-testdata-generator"];
const EVENTS_MAX = 3; // a mutation in a document of a thousand events seldom hits anything twice

if (!existsSync(join(vectors, SCHEMA))) {
  const strict = process.env.CI === "true";
  console.log(`${SET} ${strict ? "FAILED" : "skipped"}: ${join(vectors, SCHEMA)} is absent`);
  process.exit(strict ? 1 : 77);
}
const ajv = new Ajv({ strict: false, logger: false });
addFormats(ajv);
const validate = ajv.compile(JSON.parse(readFileSync(join(vectors, SCHEMA), "utf8")));

function files(dir) {
  return readdirSync(dir).sort().flatMap((name) => {
    const path = join(dir, name);
    if (statSync(path).isDirectory()) return files(path);
    return path.endsWith(".json") ? [path] : [];
  });
}

function smaller(doc) {
  for (const body of [doc.epcisBody, doc.epcisBody?.queryResults?.resultsBody]) {
    if (Array.isArray(body?.eventList)) body.eventList.splice(EVENTS_MAX);
  }
  return doc;
}

const documents = SETS.filter((set) => existsSync(join(vectors, set)))
  .flatMap((set) => files(join(vectors, set)).map((path) => JSON.parse(readFileSync(path, "utf8"))))
  .filter((doc) => typeof doc === "object" && !Array.isArray(doc) && "type" in doc);
const valid = documents.filter((doc) => validate(doc)).map(smaller);
// The sets have no extension event and few bare ones.
valid.push({
  "@context": "https://ref.gs1.org/standards/epcis/epcis-context.jsonld", type: "https://ns.example/CustomEvent",
  eventTime: "2026-06-01T08:00:00+08:00", eventTimeZoneOffset: "+08:00", epcList: ["urn:x:y"], "ex:z": 1,
});
for (const doc of valid.slice(0, 12)) {
  const event = doc.epcisBody?.eventList?.[0];
  if (event) valid.push({ "@context": doc["@context"], ...event });
}

const pick = generator(Number(seedText));
const count = Number(countText);
let accepted = 0, refused = 0, deep = 0, disagreements = 0;
const names = new Map();

function compare(batch) {
  const input = batch.map((doc) => JSON.stringify(doc) + "\n").join("");
  const run = spawnSync(program, ["--items"], { input, encoding: "utf8", maxBuffer: 1 << 28 });
  const lines = run.stdout.split("\n");
  if (run.status !== 0 || lines.length !== batch.length + 1) {
    console.log(`${program} failed: ${run.stderr}`);
    process.exit(1);
  }
  batch.forEach((doc, i) => {
    const theirs = validate(doc);
    const ours = lines[i] === "accept";
    const name = lines[i].split(" ")[1] ?? "accept";
    names.set(name, (names.get(name) ?? 0) + 1);
    if (theirs) accepted++; else refused++;
    if (theirs === ours) return;
    disagreements++;
    if (disagreements > 10) return;
    console.log(`ajv ${theirs ? "accepts" : "refuses " + JSON.stringify(validate.errors[0])}, ours: ${lines[i]}\n  ${input.split("\n")[i]}`);
  });
}

let batch = [...documents.map(smaller), ...valid];
let directed = 0;
for (const doc of [...relations(), ...texts(pick, count / 2)]) {
  batch.push(doc);
  directed++;
  if (batch.length >= 1000) { compare(batch); batch = []; }
}
for (let made = 0; made < count;) {
  let doc = structuredClone(valid[pick(valid.length)]);
  for (let n = 1 + pick(3); n > 0; n--) doc = mutate(doc, valid, pick);
  made++;
  if (depth(doc) > 20) { deep++; continue; }
  batch.push(doc);
  if (batch.length >= 1000) { compare(batch); batch = []; }
}
compare(batch);
const all = accepted + refused;
console.log(`${SET} ${all - disagreements} passed, ${disagreements} failed, of ${all}` +
  (deep > 0 ? `; ${deep} not applicable: nested too deep` : ""));
console.log(`  ${directed} directed cases and ${count} mutations of ${valid.length} documents, seed ${seedText}: ` +
  `${accepted} accepted and ${refused} refused by both`);
console.log("  " + [...names].sort((a, b) => b[1] - a[1]).map(([name, n]) => `${name} ${n}`).join(", "));
process.exit(disagreements === 0 && accepted > count / 10 && refused > count / 10 ? 0 : 1);
