// node names.mjs < LINES of tests/vectors/names.c: the same canonical text, lot and product by rules E7 to E11.
import { buffer } from "node:stream/consumers";
import { canonical, lotIn, productIn } from "./identifier.mjs";

let lines = 0, keys = 0;
for (const line of (await buffer(process.stdin)).toString("latin1").split("\n")) {
  if (line === "") continue;
  // Bytes as characters: identifiers are compared byte for byte.
  const [received, ...theirs] = line.split("\t").map((h) => Buffer.from(h, "hex").toString("latin1"));
  const ours = [canonical(received), lotIn(received), productIn(received)];
  lines++;
  if (ours[0] !== received) keys++;
  if (ours.every((x, i) => x === theirs[i])) continue;
  console.log(`second: ${received}\n  theirs ${JSON.stringify(theirs)}\n  ours   ${JSON.stringify(ours)}`);
  process.exit(1);
}
console.log(`second implementation: ${lines} identifiers, ${keys} of them respelled, all alike`);
