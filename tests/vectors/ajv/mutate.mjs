// Seeded mutations of EPCIS documents: each is one small lie about a valid document.

// mulberry32: 32 bits of state, the same numbers everywhere.
export function generator(seed) {
  let a = seed >>> 0;
  return (n) => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

const EVENT_TYPES = ["ObjectEvent", "AggregationEvent", "AssociationEvent", "TransactionEvent", "TransformationEvent"];
const NAMES = [
  "foo", "", "ex:foo", "https://ns.example/foo", "é:x", "a b:c", "1x:y", "x:", ":x", "@type", "@context", "id", "type", "action",
  "epcList", "quantityList", "childEPCs", "childQuantityList", "parentID", "inputEPCList", "outputEPCList", "inputQuantityList",
  "outputQuantityList", "transformationID", "bizStep", "disposition", "persistentDisposition", "readPoint", "bizLocation",
  "bizTransactionList", "sourceList", "destinationList", "sensorElementList", "sensorReport", "sensorMetadata", "ilmd",
  "eventTime", "recordTime", "eventTimeZoneOffset", "eventID", "certificationInfo", "errorDeclaration", "declarationTime",
  "reason", "correctiveEventIDs", "epcClass", "quantity", "uom", "source", "destination", "bizTransaction", "set", "unset",
  "time", "value", "booleanValue", "hexBinaryValue", "uriValue", "stringValue", "component", "exception", "minValue", "deviceID",
  "schemaVersion", "creationDate", "epcisBody", "epcisHeader", "epcisMasterData", "vocabularyList", "vocabularyElementList",
  "attributes", "attribute", "children", "eventList", "queryResults", "resultsBody", "queryName", "subscriptionID",
  "instanceIdentifier", "sender", "receiver",
];
const TIMES = [
  "2020-02-29T00:00:00Z", "2021-02-29T00:00:00Z", "2020-01-01T00:00:00", "2020-01-01 00:00:00+01:00", "2020-01-01t00:00:00z",
  "2020-01-01T00:00:00+0100", "2020-01-01T00:00:00+01", "2020-01-01T00:00:00+24:00", "2020-01-01T00:00:00+23:59",
  "2020-01-01T00:00:00+23:60", "2020-01-01T23:59:60Z", "2020-01-01T23:59:60.5Z", "2020-01-01T23:59:61Z", "2020-01-01T00:59:60+01:00",
  "2020-01-01T22:59:60-01:00", "2020-01-01T22:59:60Z", "2020-01-01T24:00:00Z", "2020-01-01T24:59:10+01:00", "2020-01-01T00:60:00Z",
  "2020-01-01T22:99:00-00:20", "2020-01-01T23:29:60-00:30", "2020-01-01T00:29:60+00:30", "2020-01-01T00:00:00.Z",
  "2020-01-01T00:00:00.1Z", "2020-01-01T00:00:00.123456789+08:00", "2020-13-01T00:00:00Z", "2020-00-01T00:00:00Z",
  "2020-04-31T00:00:00Z", "1900-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "0000-01-01T00:00:00Z", "2020-1-01T00:00:00Z",
  "2020-01-01T00:00:00Z ", " 2020-01-01T00:00:00Z", "2020-01-01\u00a000:00:00Z", "2020-01-01\u300000:00:00Z", "2020-01-01_00:00:00Z",
  "2020-01-01TT00:00:00Z", "2020-01-01T00:00:00+01:", "2020-01-01T00:00:00+1", "2020-01-01T00:00:00+01:0", "2020-01-01T00:00:60Z",
  "+2020-01-01T00:00:00Z", "2020-01-01", "", "T", "2020-01-01T00:00:00−01:00", "２０20-01-01T00:00:00Z",
];
const URIS = [
  "urn:x:y", "http://a", "http:", "a:", "a", "/a", "a/b", "//a", "1a:b", "a+b-c.d:e", "a b:c", "a:b c", "a:é", "a:%41", "a:%4", "a:%4g",
  "a:%", "a:[", "a:]", "a:b[c]", "http://[::1]", "http://[::1]:80/x", "http://[::1]:8x/", "http://[1:2:3:4:5:6:7:8]/", "http://[1:2:3:4:5:6:7::]/",
  "http://[1:2:3:4:5:6:7:8:9]/", "http://[::1.2.3.4]/", "http://[::1.2.3.256]/", "http://[1::2::3]/", "http://[v1.a:b]/", "http://[V1f.]/",
  "http://[vg.a]/", "http://[]/", "http://u:p@[::1]/x", "http://u@p@[::1]/x", "http:/[::1]/x", "http:[::1]", "http:///[::1]", "http://[::1]x/",
  "http://[::1]/[x]", "http://[12345::]/", "http://[1:2:3:4:5:6:1.2.3.4]", "http://[1:2:3:4:5:6:7:1.2.3.4]", "http://[::01.002.3.4]",
  "http://[1.2.3.4::]", "http://[fe80::1%25eth0]/", "http://a:80", "http://a:8x", "http://a@b:c@d/", "http:////", "a:?x?y/z", "a:#", "a:#b#c",
  "a:?b#c?d/e", "a:?[", "a:\"x\"", "a:'x'", "a:<x>", "a:{x}", "a:x|y", "a:\\", "a:^", "a:`", "a:~!$&'()*+,;=:@._-", "A:B", "ex:", ":", "::",
  "urn:epcglobal:cbv:bizstep:shipping", "urn:epcglobal:cbvx", "https://ns.gs1.org/cbv/BizStep-x", "http://ns.gs1.org/cbv/", "https://ns.gs1.org/cbv",
  "https://ref.gs1.org/cbv/BizStep-shipping", "cbv:BizStep-shipping", "https://gs1.org/voc/Mass", "http://www.gs1.org/voc/x", "https://gs1.org/vocx",
  "gs1:Mass", "Mass", "Temperature", "shipping", "Shipping", "recalled", "po", "owning_party", "did_not_occur", "x", "latitude", "ALARM_CONDITION",
  "ＡＬＡＲＭ", "ſ:x", "K:x", "a:\u0001", "a:\t", "a:\n", "\na:b", "a:b\n",
];
const TEXTS = [
  "+01:00", "-14:00", "+14:01", "+13:59", "+13:60", "+1:00", "01:00", "+01:00 ", "+0100", "KGM", "KG", "K", "KGMX", "kgm", "K M", "C62",
  "abcdef0123456789ABCDEF", "0x12", "g0", "2.0", "2", "2.", ".2", "2..0", "2.0.1", "v2", "2.0 ", "ADD", "OBSERVE", "DELETE", "add", "ADD ",
  ...EVENT_TYPES, "EPCISDocument", "EPCISQueryDocument", "Event", "ex:CustomEvent", "https://ns.example/CustomEvent",
];
const VALUES = [
  () => null, () => true, () => false, () => 0, () => -1.5, () => 12, () => 1.5e-21, () => "", () => [], () => ({}), () => [[]], () => [null],
  () => ["urn:x:y"], () => ["urn:x:y", "urn:x:y"], () => [{}], () => ({ id: "urn:x:y" }), () => [{ epcClass: "urn:x:y" }],
  () => [{ epcClass: "urn:x:y", quantity: 3, uom: "KGM" }], () => ({ set: ["recalled"] }), () => ({ "ex:a": { b: [1, { c: null }] } }),
  () => [{ type: "po", bizTransaction: "urn:x:y" }], () => [{ type: "location", source: "urn:x:y" }],
  () => [{ type: "location", destination: "urn:x:y" }], () => [{ sensorReport: [{ type: "Temperature", value: 1 }] }],
];

export function depth(v) {
  if (v === null || typeof v !== "object") return 0;
  return 1 + Math.max(0, ...Object.values(v).map(depth));
}

// Every place in the document: [holder, key].
function places(v, out = []) {
  if (v === null || typeof v !== "object") return out;
  for (const k of Object.keys(v)) {
    out.push([v, k]);
    places(v[k], out);
  }
  return out;
}

const copy = (v) => JSON.parse(JSON.stringify(v));
const isObject = (v) => v !== null && typeof v === "object" && !Array.isArray(v);

function put(holder, key, value) {
  if (key !== "__proto__") holder[key] = value;
}

function garble(text, pick) {
  const chars = ["a", "Z", "0", ":", "/", "?", "#", "[", "]", "@", "%", "%2F", " ", "é", "\"", "-", ".", "+", "\n", "\u00a0", "ſ", "{"];
  const at = pick(text.length + 1);
  switch (pick(3)) {
    case 0: return text.slice(0, at) + chars[pick(chars.length)] + text.slice(at);
    case 1: return text.slice(0, at) + text.slice(at + 1);
    default: return text.slice(0, at) + chars[pick(chars.length)] + text.slice(at + 1);
  }
}

function anyText(pick) {
  const pool = [TIMES, URIS, URIS, TEXTS, NAMES][pick(5)];
  return pool[pick(pool.length)];
}

function anyValue(pick, donors) {
  switch (pick(4)) {
    case 0: return VALUES[pick(VALUES.length)]();
    case 1: return anyText(pick);
    case 2: return VALUES[pick(VALUES.length)]();
    default: {
      const all = places(donors[pick(donors.length)]);
      const [h, k] = all[pick(all.length)];
      return copy(h[k]);
    }
  }
}

function events(doc) {
  return doc.epcisBody?.eventList ?? doc.epcisBody?.queryResults?.resultsBody?.eventList ?? [doc];
}

// One mutation; returns the document (perhaps another one).
export function mutate(doc, donors, pick) {
  const all = places(doc);
  if (all.length === 0) return doc;
  const [holder, key] = all[pick(all.length)];
  const value = holder[key];
  switch (pick(14)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
      return doc;
    case 1: put(holder, key, anyValue(pick, donors)); return doc;
    case 2:
      if (isObject(holder)) {
        delete holder[key];
        put(holder, NAMES[pick(NAMES.length)], value);
      }
      return doc;
    case 3: {
      const at = isObject(value) ? value : isObject(holder) ? holder : doc;
      put(at, NAMES[pick(NAMES.length)], anyValue(pick, donors));
      return doc;
    }
    case 4:
      if (Array.isArray(value) && value.length > 0) value.push(copy(value[pick(value.length)]));
      return doc;
    case 5: if (Array.isArray(value)) value.length = pick(value.length + 1); return doc;
    case 6: put(holder, key, [copy(value)]); return doc;
    case 7: if (Array.isArray(value) && value.length > 0) put(holder, key, value[0]); return doc;
    case 8:
    case 9: if (typeof value === "string") put(holder, key, garble(value, pick)); return doc;
    case 10: if (typeof value === "string") put(holder, key, anyText(pick)); return doc;
    case 11: {
      const list = events(doc);
      const event = Array.isArray(list) && list.length > 0 ? list[pick(list.length)] : doc;
      if (isObject(event)) event.type = pick(6) === 0 ? anyText(pick) : EVENT_TYPES[pick(EVENT_TYPES.length)];
      return doc;
    }
    case 12: {
      const list = events(doc);
      if (!Array.isArray(list) || list.length === 0 || !isObject(list[0])) return doc;
      const event = copy(list[pick(list.length)]);
      if (isObject(event) && pick(4) !== 0) event["@context"] = copy(doc["@context"] ?? "https://ref.gs1.org/standards/epcis/epcis-context.jsonld");
      return event;
    }
    default: {
      // A time or URI where one is asked for.
      const slots = all.filter(([h, k]) => typeof h[k] === "string");
      if (slots.length === 0) return doc;
      const [h, k] = slots[pick(slots.length)];
      const timeLike = /time|Date$/i.test(k);
      put(h, k, timeLike ? TIMES[pick(TIMES.length)] : URIS[pick(URIS.length)]);
      return doc;
    }
  }
}

// Every text of the lists above, and garbled ones, in every slot that asks for a form.
export function* texts(pick, garbled) {
  const context = "https://ref.gs1.org/standards/epcis/epcis-context.jsonld";
  const base = () => ({
    "@context": context, type: "EPCISDocument", schemaVersion: "2.0", creationDate: "2026-06-01T08:00:00Z",
    epcisBody: { eventList: [{
      type: "ObjectEvent", action: "OBSERVE", eventTime: "2026-06-01T08:00:00Z", eventTimeZoneOffset: "+08:00", epcList: ["urn:x:y"],
      quantityList: [{ epcClass: "urn:x:y", uom: "KGM" }], bizTransactionList: [{ type: "po", bizTransaction: "urn:x:y" }],
      sourceList: [{ type: "location", source: "urn:x:y" }], errorDeclaration: { declarationTime: "2026-06-01T08:00:00Z" },
      sensorElementList: [{ sensorReport: [{ type: "Mass" }] }],
    }] },
  });
  const slots = [
    (d, t) => { d.schemaVersion = t; },
    (d, t) => { d["@context"] = t; },
    (d, t) => { d["@context"] = [context, t]; },
    (d, t) => { d[t] = 1; },
    (d, t) => { d.epcisBody.eventList[0][t] = 1; },
    (d, t) => { d.epcisBody.eventList[0].type = t; },
    (d, t) => { d.epcisBody.eventList[0].eventTime = t; },
    (d, t) => { d.epcisBody.eventList[0].eventTimeZoneOffset = t; },
    (d, t) => { d.epcisBody.eventList[0].eventID = t; },
    (d, t) => { d.epcisBody.eventList[0].epcList.push(t); },
    (d, t) => { d.epcisBody.eventList[0].bizStep = t; },
    (d, t) => { d.epcisBody.eventList[0].disposition = t; },
    (d, t) => { d.epcisBody.eventList[0].action = t; },
    (d, t) => { d.epcisBody.eventList[0].persistentDisposition = { set: ["recalled", t] }; },
    (d, t) => { d.epcisBody.eventList[0].quantityList[0].uom = t; },
    (d, t) => { d.epcisBody.eventList[0].bizTransactionList[0].type = t; },
    (d, t) => { d.epcisBody.eventList[0].sourceList[0].type = t; },
    (d, t) => { d.epcisBody.eventList[0].errorDeclaration.reason = t; },
    (d, t) => { d.epcisBody.eventList[0].sensorElementList[0].sensorReport[0].type = t; },
    (d, t) => { d.epcisBody.eventList[0].sensorElementList[0].sensorReport[0].component = t; },
    (d, t) => { d.epcisBody.eventList[0].sensorElementList[0].sensorReport[0].exception = t; },
    (d, t) => { d.epcisBody.eventList[0].sensorElementList[0].sensorReport[0].hexBinaryValue = t; },
  ];
  const all = [...TIMES, ...URIS, ...TEXTS, ...NAMES.filter((n) => n !== "__proto__")];
  for (let i = 0; i < all.length + garbled; i++) {
    let text = all[i] ?? all[pick(all.length)];
    for (let n = i < all.length ? 0 : 1 + pick(3); n > 0; n--) text = garble(text, pick);
    for (const slot of i < all.length ? slots : [slots[pick(slots.length)], slots[8], slots[6]]) {
      const doc = base();
      slot(doc, text);
      yield doc;
    }
  }
}

// Every way the relations between the fields of one event can stand: each field absent, empty or filled.
export function* relations() {
  const filled = {
    epcList: ["urn:x:y"], quantityList: [{ epcClass: "urn:x:y" }], childEPCs: ["urn:x:y"], childQuantityList: [{ epcClass: "urn:x:y" }],
    inputEPCList: ["urn:x:y"], inputQuantityList: [{ epcClass: "urn:x:y" }], outputEPCList: ["urn:x:y"],
    outputQuantityList: [{ epcClass: "urn:x:y" }], sensorElementList: [{ sensorReport: [{ type: "Mass" }] }],
  };
  const lists = (names) => names.map((name) => [name, [undefined, [], filled[name]]]);
  const place = ["readPoint", [undefined, { id: "urn:x:y" }]];
  const parent = ["parentID", [undefined, "urn:x:y"]];
  const action = ["action", [undefined, "ADD", "OBSERVE", "DELETE"]];
  const types = {
    ObjectEvent: [...lists(["epcList", "quantityList", "sensorElementList"]), place, ["ilmd", [undefined, {}]], action],
    AggregationEvent: [...lists(["childEPCs", "childQuantityList"]), parent, action],
    AssociationEvent: [...lists(["childEPCs", "childQuantityList"]), parent, action],
    TransactionEvent: [...lists(["epcList", "quantityList"]), parent, action,
      ["bizTransactionList", [undefined, [], [{ bizTransaction: "urn:x:y" }]]]],
    TransformationEvent: [...lists(["inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList"]),
      ["transformationID", [undefined, "urn:x:y"]]],
  };
  for (const [type, fields] of Object.entries(types)) {
    let events = [{ "@context": "urn:x:y", type, eventTime: "2026-06-01T08:00:00Z", eventTimeZoneOffset: "+08:00" }];
    for (const [name, values] of fields) {
      events = events.flatMap((e) => values.map((v) => (v === undefined ? e : { ...e, [name]: v })));
    }
    yield* events;
  }
}
