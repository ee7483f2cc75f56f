// Flow: section L of docs/spec.md, with X8, D10, S6 and H1, on the ledger of execute.mjs. A thing's value is an array as S5 has it; its flow an
// object while an item works on it.
import { amount, balanceKey, millionths, produce, setAmount } from "./certificate.mjs";
import { decode, encode } from "./codec.mjs";
import { canonical, kindOf, lotIn, lotOf, productIn } from "./identifier.mjs";
import * as L from "./ledger.mjs";

const MEMBER = 1n, THING = 3n, ACCOUNT = 20n, RULE = 22n, PARTY = 26n, TOLD = 27n, GROUP = 28n, LINK = 29n, YIELD = 31n;
const AUTHORITY = 1n, MILLION = 1000000n, MOST = (1n << 63n) - 1n;
const text = (s) => Buffer.from(s);
const byBytes = (a, b) => Buffer.compare(text(a), text(b));

// What refuses a record is thrown, and caught where the item is decided.
export class Refused extends Error {
  constructor(code) {
    super(String(code));
    this.code = code;
  }
}
const refuse = (code) => {
  throw new Refused(code);
};

// E12
const SPELLINGS = { BizStep: "bizstep", Disp: "disp", SDT: "sdt" };
const word = (kind, s = "") => {
  const before = [`cbv:${kind}-`, `urn:epcglobal:cbv:${SPELLINGS[kind]}:`, `https://ref.gs1.org/cbv/${kind}-`].find((p) => s.startsWith(p));
  return s.slice((before ?? "").length);
};
const LOT_NUMBER = ["cbvmda:", "urn:epcglobal:cbv:mda:", "https://ref.gs1.org/cbv/mda/", "https://ns.gs1.org/cbv/mda/"].map((p) => p + "lotNumber");
const lotNumber = (ilmd) => (ilmd instanceof Map ? LOT_NUMBER.map((n) => ilmd.get(n)).find((v) => typeof v === "string" && v !== "") ?? "" : "");

// E13
export function eventTime(text) {
  const m = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):?(\d\d)?)$/.exec(text ?? "");
  if (!m) return null;
  const offset = m[8] ? (m[8] === "-" ? -1 : 1) * (Number(m[9]) * 60 + Number(m[10] ?? 0)) : 0;
  const ms = Number((m[7] ?? "0").padEnd(3, "0").slice(0, 3));
  return BigInt(Date.UTC(+m[1], +m[2] - 1, +m[3], +m[4], +m[5] - offset, +m[6], ms));
}

// L1: role -> move
function movesOf([type, fields, things]) {
  const action = fields.get("action"), step = word("BizStep", fields.get("bizStep")), of = new Map();
  const set = (move, ...roles) => roles.forEach((role) => of.set(role, move));
  const seen = action === "OBSERVE" ? { shipping: "ship", void_shipping: "unship", receiving: "receive" }[step] : undefined;
  let moving = false;
  if (type === 2n) {
    const move = action === "DELETE" ? "end" : action === "ADD" && ["commissioning", "creating_class_instance"].includes(step) ? "make" : seen;
    if (move) set(move, 4n, 5n);
    moving = move !== undefined;
  }
  if (type === 3n && things.some(([role]) => role === 1n)) {
    const move = { ADD: "pack", DELETE: "unpack" }[action];
    if (move) set(move, 2n, 3n);
    else if (seen) set(seen, 1n);
    moving = move !== undefined || seen !== undefined;
  }
  if (type === 6n) {
    set("use", 6n, 7n);
    set("make", 8n, 9n);
    moving = true;
  }
  const ms = eventTime(fields.get("eventTime")) ?? 1n;
  const sells = ["retail_selling", "dispensing"].includes(step);
  return { of, moving, step, action, time: ms < 1n ? 1n : ms, sells, destroys: step === "destroying" };
}

// L4
const FIELDS = ["maker", "made", "foreign", "marks", "parent", "packed", "born", "first", "last", "destroyed", "units", "unitChain", "strays"];
FIELDS.push("overdrawn", "unnamed", "holders", "recalls", "told");
const NOTHING = ["", 0n, 0n, 0n, "", 0n, 0n, 0n, 0n, 0n, 0n, Buffer.alloc(0), 0n, 0n, 0n, [], [], []];
function openFlow(list) {
  const from = list.length === 1 ? list[0] : NOTHING, f = Object.fromEntries(FIELDS.map((name, i) => [name, from[i]]));
  f.holders = new Map(f.holders.map(([subject, due, n]) => [`${due ? 1 : 0}${subject}`, n]));
  f.recalls = new Map(f.recalls);
  f.told = [...f.told];
  return f;
}
function closeFlow(f) {
  cancel(f);
  const holders = [...f.holders].map(([key, n]) => [key.slice(1), key[0] === "1", n]);
  holders.sort((a, b) => byBytes(a[0], b[0]) || Number(a[1]) - Number(b[1]));
  if (holders.length > 8 || holders.some(([, , n]) => n > 100n || n < -100n) || f.made > 1000n || f.foreign > 1000n) refuse(53);
  const recalls = [...f.recalls].sort((a, b) => byBytes(a[0], b[0]));
  const all = FIELDS.map((name) => (name === "holders" ? holders : name === "recalls" ? recalls : f[name]));
  return Buffer.compare(encode(all), encode(NOTHING)) === 0 ? [] : [all];
}
const holds = (f, s) => f.holders.get("0" + s) ?? 0n;
const due = (f, s) => f.holders.get("1" + s) ?? 0n;
function add(f, kind, s, n) {
  const key = kind + s, sum = (f.holders.get(key) ?? 0n) + n;
  if (sum === 0n) f.holders.delete(key);
  else f.holders.set(key, sum);
}
// L5: due of the empty subject less what dues of others are below 0
const open = (f) => [...f.holders].filter(([key, n]) => key[0] === "1" && (key === "1" || n < 0n)).reduce((a, [, n]) => a + n, 0n);
const positives = (f) => [...f.holders].filter(([key, n]) => n > 0n && key !== "1");
// Only when there are more than 8 entries.
function cancel(f) {
  const owing = [...f.holders].filter(([key, n]) => key[0] === "1" && key !== "1" && n < 0n).map(([key]) => key.slice(1));
  for (const s of owing.sort(byBytes)) {
    const free = due(f, ""), n = free < -due(f, s) ? free : -due(f, s);
    if (free <= 0n || f.holders.size <= 8) return;
    add(f, "1", "", -n);
    add(f, "1", s, n);
  }
}
function singleHolder(f) {
  const found = positives(f);
  return open(f) <= 0n && found.length === 1 && found[0][0][0] === "0" ? found[0][0].slice(1) : null;
}

// The things of one item and the lots that they concern. Nothing is written before `write`.
export class Telling {
  constructor(ledger, r, index) {
    Object.assign(this, { ledger, r, index, all: new Map(), named: [] });
    const [type, fields, things] = r.items[index], event = r.header.kind === 1n;
    const step = event ? word("BizStep", fields.get("bizStep")) : "", action = event ? fields.get("action") : "";
    for (const [role, identifier] of type === 1n ? [] : things) {
      const name = canonical(identifier), known = this.all.get(name);
      if (known) known.roles.add(role);
      else this.named.push(this.open(name, identifier, role));
    }
    const commissions = step === "commissioning" && action !== "DELETE";
    for (const x of this.named) {
      const v = x.value, made = [4n, 5n, 8n, 9n].some((role) => x.roles.has(role));
      if (v[8] === "" && commissions && made) {
        v[8] = lotIn(x.received) || (v[10] !== "" ? lotOf(v[10], lotNumber(fields.get("ilmd"))) : "");
        if (v[8] !== "") x.gained = true;
      }
      if (type === 2n && (x.roles.has(4n) || x.roles.has(5n)) && !fields.has("errorDeclaration")) v[1] = action === "DELETE" ? 2n : 1n;
      v[6] += 1n;
      v[7] = L.historyNext(v[7], this.entry(v[6]));
      x.changed = true;
    }
  }
  entry(i) {
    const { r, index } = this;
    return [i, r.logIndex, BigInt(index), r.wire, r.header.subject, r.digests[index]];
  }
  open(name, received, role) {
    const old = this.ledger.get(THING, text(name));
    const value = old ? [...old] : [1n, 1n, 0n, 0n, 0n, 0n, 0n, Buffer.alloc(32), "", "", "", []];
    const roles = new Set(role === undefined ? [] : [role]);
    const x = { name, received, kind: kindOf(name), roles, existed: old !== undefined, value, gained: false };
    if (value[10] === "") value[10] = productIn(name);
    if (value[8] === "") {
      value[8] = lotIn(name);
      x.gained = value[8] !== "";
    }
    x.before = openFlow(value[11]);
    this.all.set(name, x);
    return x;
  }
  at(name) {
    return this.all.get(name) ?? this.open(name, name);
  }
  unit(x) {
    return x.value[8] === "" ? x : this.at(x.value[8]);
  }
  flow(x) {
    x.changed = true;
    return (x.flow ??= openFlow(x.value[11]));
  }
  look(x) {
    return x.flow ?? x.before;
  }
  write() {
    for (const x of this.all.values()) {
      if (!x.changed) continue;
      if (x.flow) x.value[11] = closeFlow(x.flow);
      x.value[2] = this.ledger.height;
      x.value[3] = this.r.logIndex;
      this.ledger.put(THING, text(x.name), x.value);
    }
  }
}

class Moving {
  constructor(telling, moves, subject, sign) {
    const { ledger, r, index } = telling;
    Object.assign(this, { telling, moves, subject, sign, ledger, r, item: r.items[index] });
    this.authority = isAuthority(ledger, r.header.subject);
    this.receiver = receiver(ledger, this.item[1]);
    const packing = moves.of.get(2n);
    if (packing !== "pack" && packing !== "unpack") return;
    this.parent = telling.named[0];
    const f = telling.look(this.parent);
    if (packing === "pack" && sign > 0n && isInstance(this.parent) && f.made + f.foreign === 0n && holds(f, subject) < 1n) {
      this.make(telling.flow(this.parent));
      this.time(telling.flow(this.parent), "make");
      this.parent.moved = true;
    }
    this.holdsParent = this.holdsTop(this.parent.name);
  }
  // "at most 8 steps up": the things met, and whether the last is held
  holdsTop(name, met = []) {
    for (let step = 0; step < 8; step++) {
      met.push(name);
      const old = this.ledger.get(THING, text(name));
      const f = this.parent?.name === name ? this.telling.look(this.parent) : old ? openFlow(old[11]) : null;
      if (f === null) return false;
      if (f.parent === "") return holds(f, this.subject) >= 1n;
      name = f.parent;
    }
    return false;
  }
  leave(f) {
    if (this.sign < 0n || holds(f, this.subject) >= 1n || f.parent === "") return;
    const holder = singleHolder(f);
    if (holder === null || !this.holdsTop(f.parent)) return;
    add(f, "0", holder, -1n);
    add(f, "0", this.subject, 1n);
    f.parent = "";
  }
  make(f, instance = true) {
    const { subject, sign, moves } = this;
    if (sign > 0n) {
      if (f.maker === "") f.maker = subject;
      if (f.born === 0n || moves.time < f.born) f.born = moves.time;
    } else if (f.born === moves.time) f.born = 0n;
    const own = f.maker === subject, field = own ? "made" : "foreign", before = f[field];
    if (sign < 0n && before === 0n) return;
    f[field] = before + sign;
    const last = sign < 0n && own && f.made === 0n;
    if (instance && (!own || (sign > 0n && before === 0n) || last))
      add(f, (sign > 0n ? due(f, subject) < 0n : holds(f, subject) < 1n) ? "1" : "0", subject, sign);
    if (last) f.maker = "";
  }
  destroy(f) {
    const { time, destroys } = this.moves;
    if (!destroys) return;
    if (this.sign < 0n && f.destroyed === time) f.destroyed = 0n;
    if (this.sign > 0n && (f.destroyed === 0n || time < f.destroyed)) f.destroyed = time;
  }
  time(f, move) {
    const { time } = this.moves;
    if (this.sign < 0n) return;
    if (move !== "make" && (f.first === 0n || time < f.first)) f.first = time;
    if (time > f.last) f.last = time;
  }
  instance(x, f, move) {
    const { subject: s, sign, moves } = this;
    const handOver = (sign, to) => {
      add(f, "0", s, -sign);
      add(f, "1", to, sign);
    };
    const takeIn = () => {
      add(f, "1", s, -1n);
      add(f, "0", s, 1n);
    };
    switch (move) {
      case "unpack": {
        if (sign < 0n) return;
        const holder = singleHolder(f);
        if (holds(f, s) < 1n) {
          if (this.holdsParent && holder !== null) {
            add(f, "0", holder, -1n);
            add(f, "0", s, 1n);
          } else takeIn();
        }
        if (f.parent === this.parent.name) f.parent = "";
        if (moves.time > f.packed) f.packed = moves.time;
        return;
      }
      case "use":
        this.leave(f);
        add(f, "0", s, -sign);
        return;
      case "end": {
        this.leave(f);
        if (sign < 0n || this.authority || holds(f, s) >= 1n) this.destroy(f);
        if (moves.sells) return handOver(sign, "");
        const taken = sign > 0n && this.authority && holds(f, s) < 1n ? singleHolder(f) ?? s : s;
        add(f, "0", taken, -sign);
        return;
      }
      case "unship":
        return handOver(-sign, this.receiver);
      case "ship":
        this.leave(f);
        return handOver(sign, this.receiver);
      case "receive":
        add(f, "0", s, sign);
        return add(f, "1", s, -sign);
      case "make":
        return this.make(f);
      case "pack": {
        if (sign < 0n) return;
        const met = [];
        this.holdsTop(this.parent.name, met);
        if (met.includes(x.name)) refuse(53);
        this.leave(f);
        if (holds(f, s) < 1n) takeIn();
        if (moves.time >= f.packed) {
          f.parent = this.parent.name;
          f.packed = moves.time;
        }
      }
    }
  }
  // L2: bulk in one place of the item
  *bulk() {
    for (const [role, identifier, quantity, unit] of this.item[2]) {
      const move = this.moves.of.get(role);
      if (![3n, 5n, 7n, 9n].includes(role) || !move || quantity === null) continue;
      const name = canonical(identifier), q = millionths(quantity);
      if (kindOf(name) === "lot" && q !== null && q > 0n) yield { x: this.telling.at(name), move, unit: unit ?? "", q };
    }
  }
  account(who, kind, { x, unit }) {
    return encode([who, kind, x.name, unit]);
  }
  amount(who, kind, b) {
    return this.ledger.get(ACCOUNT, this.account(who, kind, b))?.[6] ?? 0n;
  }
  addTo(who, kind, b, n) {
    const f = this.telling.flow(b.x), DUE = 1n, MADE = 3n, OWED = 4n, below = (n) => (n < 0n ? -n : 0n);
    if (n === 0n) return;
    const owes = () => this.amount("", OWED, b) > this.amount("", DUE, b), owed = owes();
    const before = this.amount(who, kind, b), after = before + n;
    if (after > MOST || after < -MOST) refuse(53);
    this.ledger.put(ACCOUNT, this.account(who, kind, b), [1n, 1n, this.ledger.height, this.r.logIndex, 0n, 0n, after]);
    if (kind === MADE || kind === OWED) return;
    if (kind === DUE) {
      if (who !== "") this.addTo("", OWED, b, below(after) - below(before));
      f.unnamed += BigInt(owes()) - BigInt(owed);
      return;
    }
    if (before >= 0n && after < 0n) f.overdrawn += 1n;
    if (before < 0n && after >= 0n) f.overdrawn -= 1n;
  }
  moveBulk(b, f) {
    const { subject: s, sign } = this, q = sign * b.q, HELD = 0n, DUE = 1n, INSIDE = 2n, MADE = 3n;
    switch (b.move) {
      case "make":
        this.make(f, false);
        this.addTo(s, HELD, b, q);
        return this.addTo(s, MADE, b, q);
      case "use":
        return this.addTo(s, HELD, b, -q);
      case "end":
        this.addTo(s, HELD, b, -q);
        if (this.moves.sells) this.addTo("", DUE, b, q);
        return;
      case "ship":
      case "unship": {
        const n = b.move === "ship" ? q : -q;
        this.addTo(s, HELD, b, -n);
        return this.addTo(this.receiver, DUE, b, n);
      }
      case "receive":
        this.addTo(s, HELD, b, q);
        return this.addTo(s, DUE, b, -q);
      case "pack":
        if (sign < 0n) return;
        this.addTo(s, HELD, b, -q);
        return this.addTo(this.parent.name, INSIDE, b, q);
      case "unpack":
        if (sign < 0n) return;
        if (this.holdsParent) this.addTo(this.parent.name, INSIDE, b, -q);
        else this.addTo(s, DUE, b, -q);
        return this.addTo(s, HELD, b, q);
    }
  }
  run() {
    const ORDER = ["unpack", "use", "end", "unship", "receive", "ship", "make", "pack"];
    for (const x of this.telling.named) {
      if (!isInstance(x)) continue;
      const does = new Set([...x.roles].map((role) => this.moves.of.get(role)));
      for (const move of ORDER) {
        if (!does.has(move)) continue;
        const f = this.telling.flow(x);
        x.moved = true;
        this.instance(x, f, move);
        this.time(f, move);
      }
    }
    for (const x of this.telling.named) {
      const makes = x.kind === "lot" && [...x.roles].some((role) => this.moves.of.get(role) === "make");
      if (makes && this.sign > 0n && this.telling.look(x).maker === "") this.telling.flow(x).maker = this.subject;
    }
    for (const b of this.bulk()) {
      const f = this.telling.flow(b.x);
      b.x.moved = true;
      this.moveBulk(b, f);
      this.time(f, b.move);
    }
  }
}

const isInstance = (x) => x.kind === "item" || x.kind === "other";
const isAuthority = (ledger, subject) => (ledger.get(MEMBER, text(subject))[6] & AUTHORITY) !== 0n;

function receiver(ledger, fields) {
  const list = fields.get("destinationList") ?? [];
  const of = (type) => list.find((d) => word("SDT", d.get("type")) === type);
  const party = (of("possessing_party") ?? of("location"))?.get("destination") ?? "";
  return party === "" ? "" : ledger.get(PARTY, text(canonical(party)))?.[6] ?? "";
}

// L10
const CODES = { 1: 49, 2: 50, 3: 47, 4: 48, 5: 45, 6: 46, 7: 51 };
const refuses = (ledger, rule) => (ledger.get(RULE, Buffer.from([rule]))?.[6] ?? ([1, 2, 7].includes(rule) ? 2n : 1n)) === 1n;
const bitOf = (rule) => 1n << BigInt(rule - 1);
const mark = (telling, x, rule) => (telling.flow(x).marks |= bitOf(rule));
function broken(telling, x, rule) {
  if (refuses(telling.ledger, rule)) refuse(CODES[rule]);
  mark(telling, x, rule);
}

const MAY_TRAVEL = ["recalled", "returned", "needs_replacement", "non_conformant", "non_sellable_other", "unavailable"];
MAY_TRAVEL.push("damaged", "expired", "disposed");
// L9, before anything moves
function askBefore(telling, moves, [type, fields]) {
  if (type === 7n) return;
  const { time } = moves, { ledger } = telling;
  for (const x of telling.named) {
    const at = telling.look(x).destroyed;
    if (at === 0n || time <= at + ledger.drift) continue;
    if (moves.moving) broken(telling, x, 3);
    else if (!["inspecting", "sampling"].includes(moves.step)) mark(telling, x, 3);
  }
  for (const x of telling.named) {
    const does = new Set([...x.roles].map((role) => moves.of.get(role)));
    const ships = does.has("ship") && !MAY_TRAVEL.includes(word("Disp", fields.get("disposition")));
    if (!does.has("use") && !does.has("pack") && !does.has("make") && !ships && !moves.sells) continue;
    const marks = [...telling.look(x).recalls.values(), ...telling.look(telling.unit(x)).recalls.values()];
    if (marks.some((ms) => ms < time)) broken(telling, x, 4);
    else if (marks.length > 0) mark(telling, x, 4);
  }
}

// L11
function askYield(telling, [, fields, things]) {
  const { ledger, r } = telling, sums = { false: new Map(), true: new Map() };
  const addTo = (output, product, unit, n) => {
    const key = JSON.stringify([product, unit]), sum = (sums[output].get(key) ?? 0n) + n;
    if (product !== "" && n > 0n) sums[output].set(key, sum > MOST ? MOST : sum);
  };
  for (const x of telling.named) {
    if (!isInstance(x)) continue;
    if (x.roles.has(6n)) addTo(false, x.value[10], "", MILLION);
    if (x.roles.has(8n)) addTo(true, x.value[10], "", MILLION);
  }
  for (const [role, identifier, quantity, unit] of things) {
    const x = telling.at(canonical(identifier)), q = quantity === null ? null : millionths(quantity);
    if (role !== 7n && role !== 9n) continue;
    if (q !== null && (x.kind === "lot" || x.kind === "product")) addTo(role === 9n, x.value[10], unit ?? "", q);
  }
  const id = fields.get("transformationID");
  let sumOf = (output, product, unit) => sums[output].get(JSON.stringify([product, unit])) ?? 0n;
  if (id !== undefined && id !== "") {
    const group = L.sha256(text(id)).toString("hex");
    const key = (output, product, unit) => balanceKey(output ? 6n : 5n, r.header.subject, product, unit, group);
    for (const output of [false, true])
      for (const [name, n] of sums[output]) {
        const k = key(output, ...JSON.parse(name)), sum = amount(ledger, k) + n;
        setAmount(ledger, r, k, sum > MOST ? MOST : sum);
      }
    sumOf = (output, product, unit) => amount(ledger, key(output, product, unit));
  }
  const outputs = [...sums.true.keys()].map((name) => JSON.parse(name)).sort((a, b) => byBytes(a[0], b[0]) || byBytes(a[1], b[1]));
  for (const [product, unit] of outputs) {
    const rule = ledger.get(YIELD, text(product));
    const lines = rule ? decode(rule[6]).get("inputs").filter(([, , unitOut]) => unitOut === unit) : [];
    const allowed = lines.reduce((n, [from, unitIn, , micro]) => n + (sumOf(false, from, unitIn) * micro) / MILLION, 0n);
    if (lines.length === 0 || sumOf(true, product, unit) <= allowed) continue;
    if (refuses(ledger, 6)) refuse(46);
    telling.named.filter((x) => (x.roles.has(8n) || x.roles.has(9n)) && x.value[10] === product).forEach((x) => mark(telling, x, 6));
  }
}

function askAfter(telling, moving) {
  const { ledger } = telling, s = moving.subject;
  for (const b of moving.bulk()) {
    const gives = moving.sign > 0n && ["use", "end", "ship", "pack"].includes(b.move), untold = moving.sign < 0n && b.move === "make";
    if ((!gives && !untold) || moving.amount(s, 0n, b) >= 0n) continue;
    if (untold) refuse(45);
    if (moving.amount(s, 3n, b) > 0n) broken(telling, b.x, 5);
  }
  for (const x of telling.named) {
    if (!x.moved) continue;
    const f = telling.flow(x), bulk = x.kind === "lot";
    const all = positives(f).reduce((n, [, more]) => n + more, open(f) > 0n ? open(f) : 0n);
    const below = !bulk && [...f.holders].some(([key, n]) => key[0] === "0" && n < 0n);
    let now = 0n;
    if (f.foreign > 0n || below || f.overdrawn > 0n || (!bulk && all > 1n)) now |= bitOf(1);
    if (((!bulk && open(f) < 0n) || f.unnamed > 0n) && f.made + f.foreign > 0n) now |= bitOf(2);
    const early = f.born !== 0n && f.first !== 0n && f.first + ledger.drift < f.born;
    if (early || (f.destroyed !== 0n && f.last > f.destroyed + ledger.drift)) now |= bitOf(7);
    for (const rule of [1, 2, 7]) if (now & bitOf(rule) && !(f.marks & bitOf(rule)) && refuses(ledger, rule)) refuse(CODES[rule]);
    f.marks = (f.marks & ~(bitOf(1) | bitOf(2) | bitOf(7))) | now;
  }
}

// L14
function persist(telling, [type, fields]) {
  const both = fields.get("persistentDisposition");
  const says = (list) => (both.get(list) ?? []).some((s) => word("Disp", s) === "recalled");
  const set = both instanceof Map && says("set"), unset = both instanceof Map && says("unset");
  if ((!set && !unset) || type === 7n) return;
  const s = telling.r.header.subject, authority = isAuthority(telling.ledger, s);
  for (const x of telling.named) {
    if (telling.look(x).maker === "") continue;
    if (!authority && telling.look(x).maker !== s) refuse(56);
    const f = telling.flow(x);
    if (unset) for (const id of [...f.recalls.keys()]) if (authority ? id.endsWith("/") : id === `${s}/`) f.recalls.delete(id);
    if (!set || f.recalls.has(`${s}/`)) continue;
    if (f.recalls.size >= (authority ? 8 : 4)) refuse(58);
    f.recalls.set(`${s}/`, telling.ledger.time);
  }
}

const flowNext = (chain, entry) => L.tagged("flow", chain, encode(entry));
// L12 and L13
function link(telling, [type, fields], author, told, index, sign) {
  const { ledger, r } = telling, inChains = telling.named.filter((x) => x.kind !== "location" && x.kind !== "document");
  const done = new Set();
  for (const x of inChains) {
    const unit = telling.unit(x), f = telling.flow(unit);
    if (!done.has(unit)) {
      f.units += 1n;
      f.unitChain = flowNext(f.unitChain.length === 0 ? Buffer.alloc(32) : f.unitChain, telling.entry(f.units));
    }
    done.add(unit);
    if (unit !== x && x.gained && x.before.units > 0n) f.strays += 1n;
  }
  if (type !== 6n) return;
  const id = fields.get("transformationID") ?? "", group = id === "" ? [told, index] : [author, L.sha256(text(id))];
  const common = [1n, 1n, ledger.height, r.logIndex, 0n, 0n];
  for (const x of inChains)
    for (const [output, roles] of [[false, [6n, 7n]], [true, [8n, 9n]]]) {
      if (!roles.some((role) => x.roles.has(role))) continue;
      const key = encode([group, output, telling.unit(x).name]);
      if (sign > 0n && !ledger.get(LINK, key)) ledger.put(LINK, key, common);
    }
  if (id === "") return;
  const key = encode(group), [count, chain] = ledger.get(GROUP, key)?.slice(6) ?? [0n, Buffer.alloc(32)];
  ledger.put(GROUP, key, [...common, count + 1n, flowNext(chain, telling.entry(count + 1n))]);
}

const PIECES = ["", "H87", "EA", "PR", "NPR"];
// L7: the entry of an event in what is remembered, and how to put it there anew; both null when nobody remembers.
function memory(telling, moves, item, subject, digest) {
  const { ledger, r, index } = telling, moving = new Moving(telling, moves, "", -1n);
  const moves1 = (x) => isInstance(x) && [...x.roles].some((role) => moves.of.has(role));
  const witness = item[0] !== 6n && moving.bulk().next().done ? telling.named.find(moves1) : undefined;
  const key = encode([subject, digest]), old = ledger.get(TOLD, key), common = [ledger.height, r.logIndex, 0n, 0n];
  const row = {
    state: old ? old[1] : 0n,
    tell: () => ledger.put(TOLD, key, [1n, 1n, ...common, r.logIndex, BigInt(index)]),
    correct: () => ledger.put(TOLD, key, [1n, 2n, ...common, old[6], old[7]]),
    place: old ? [old[6], old[7]] : null,
  };
  if (!witness) return row;
  const mark = L.tagged("told", Buffer.from([subject.length]), text(subject), digest).subarray(0, 12), f = telling.flow(witness);
  const at = f.told.findIndex(([known]) => L.same(known, mark));
  if (at < 0 && (old || f.told.length === 16)) return row;
  return {
    state: at < 0 ? 0n : f.told[at][1] ? 2n : 1n,
    tell: () => f.told.push([mark, false]),
    correct: () => (f.told[at] = [mark, true]),
    place: [0n, 0n],
  };
}

// L8
function correct(telling, moves, item) {
  const { ledger, r } = telling, [type, fields, things] = item, declared = fields.get("errorDeclaration");
  const named = declared instanceof Map ? declared.get("suyuan:author") : undefined;
  const author = typeof named === "string" && named !== "" ? named : r.header.subject;
  if (author !== r.header.subject && !isAuthority(ledger, r.header.subject)) refuse(52);
  const rest = new Map([...fields].filter(([name]) => name !== "errorDeclaration"));
  if (!moves.moving) return;
  const known = memory(telling, moves, item, author, L.itemDigestWhole([type, rest, things]));
  if (known.state !== 1n) return;
  known.correct();
  for (const x of telling.named) if ([...x.roles].some((role) => moves.of.get(role) === "end")) x.value[1] = 1n;
  const moving = new Moving(telling, moves, author, -1n);
  moving.run();
  askAfter(telling, moving);
  for (const b of moving.bulk()) {
    if (b.move !== "make") continue;
    const of = (purpose, unit = b.unit) => balanceKey(purpose, author, b.x.name, unit), before = amount(ledger, of(1n));
    if (before === 0n) continue;
    const after = before > b.q ? before - b.q : 0n;
    setAmount(ledger, r, of(1n), after);
    const carried = PIECES.map((unit) => amount(ledger, of(1n, unit)) / MILLION).reduce((a, c) => (a > c ? a : c));
    if (after < amount(ledger, of(4n)) || carried < amount(ledger, of(3n, "")) / MILLION) refuse(25);
  }
  link(telling, item, author, ...known.place, -1n);
}

// One item of kind 1. Throws Refused.
export function event(ledger, r, index) {
  const item = r.items[index], [type, fields] = item;
  if (type === 1n) return;
  const telling = new Telling(ledger, r, index), moves = movesOf(item);
  if (fields.has("errorDeclaration")) correct(telling, moves, item);
  else tell(ledger, r, index, telling, moves, item);
  telling.write();
}
function tell(ledger, r, index, telling, moves, item) {
  if (moves.moving) {
    const known = memory(telling, moves, item, r.header.subject, r.digests[index]);
    if (known.state !== 0n) return;
    known.tell();
  }
  askBefore(telling, moves, item);
  if (moves.moving) {
    if (item[0] === 6n) askYield(telling, item);
    const moving = new Moving(telling, moves, r.header.subject, 1n);
    moving.run();
    askAfter(telling, moving);
  }
  persist(telling, item);
  if (!moves.moving) return;
  link(telling, item, r.header.subject, r.logIndex, BigInt(index), 1n);
  const gained = new Map(telling.named.filter((x) => x.gained).map((x) => [x.name, x.value[8]]));
  produce(ledger, r, item, { adds: moves.action === "ADD", step: moves.step, gained });
}

// D10
export function history(ledger, r, index) {
  new Telling(ledger, r, index).write();
}
