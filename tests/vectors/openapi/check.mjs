// check.mjs: is the document on standard input OpenAPI 3.1? By the published JSON schema; and a document with a fault must be refused, so that a
// validator that accepts everything is noticed.
import { Validator } from "@seriousme/openapi-schema-validator";
import { text as textOf } from "node:stream/consumers";

const text = await textOf(process.stdin); // not readFileSync(0): a pipe that is read faster than it is filled may answer EAGAIN

async function judged(document) {
    const validator = new Validator();
    const result = await validator.validate(document);
    return { result, version: validator.version };
}

const { result, version } = await judged(JSON.parse(text));
if (!result.valid || version !== "3.1") {
    console.log(JSON.stringify(result.errors ?? version, null, 2));
    console.log("openapi: /openapi.json is not valid OpenAPI 3.1");
    process.exit(1);
}

const faults = [
    ["no title", (d) => delete d.info.title],
    ["a path without a slash", (d) => { d.paths["v1"] = {}; }],
    ["an answer without a description", (d) => delete Object.values(Object.values(d.paths)[0])[0].responses["200"].description],
    ["a parameter nowhere", (d) => { Object.values(Object.values(d.paths)[0])[0].parameters = [{ name: "x", in: "body" }]; }],
];
for (const [name, plant] of faults) {
    const document = JSON.parse(text);
    plant(document);
    if ((await judged(document)).result.valid) {
        console.log(`openapi: a document with ${name} was taken`);
        process.exit(1);
    }
}
console.log(`openapi: ${Object.keys(JSON.parse(text).paths).length} paths, valid OpenAPI ${version}; ${faults.length} faults refused`);
