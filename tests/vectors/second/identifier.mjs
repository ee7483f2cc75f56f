// Canonical identifiers: rules E7 to E11 of docs/spec.md, lengths and characters from the GS1 Syntax Dictionary.
const CSET82 = "[!\"%&'()*+,\\-./0-9:;<=>?A-Z_a-z]", CSET39 = "[#\\-/0-9A-Z]";
const x = (n) => `${CSET82}{1,${n}}`;
const digits = (n) => `[0-9]{${n}}`;
const upTo = (n) => `[0-9]{1,${n}}`;

// AI: [short name, value, ordered qualifiers, what may stand instead of them]
const PRODUCT = [["22", x(20)], ["10", x(20)], ["21", x(20)]];
const FACILITY = ["7040", `[0-9]${CSET82}{3}`];
const KEYS = {
  "00": ["sscc", digits(18), []],
  "01": ["gtin", digits(14), PRODUCT, ["235", x(28)]],
  253: ["gdti", `[0-9]{13}${CSET82}{0,17}`, []],
  255: ["gcn", "[0-9]{13}[0-9]{0,12}", []],
  401: ["ginc", x(30), []],
  402: ["gsin", digits(17), []],
  414: ["gln", digits(13), [["254", x(20)]], FACILITY],
  415: ["payTo", digits(13), [["8020", x(25)]]],
  417: ["party", digits(13), [FACILITY]],
  8003: ["grai", `[0-9]{14}${CSET82}{0,16}`, []],
  8004: ["giai", x(30), [FACILITY]],
  8006: ["itip", digits(18), PRODUCT],
  8010: ["cpid", `${CSET39}{1,30}`, [["8011", upTo(12)]]],
  8013: ["gmn", x(25), []],
  8017: ["gsrnp", digits(18), [["8019", upTo(10)]]],
  8018: ["gsrn", digits(18), [["8019", upTo(10)]]],
};
const SHORT = { 10: "lot", 21: "ser", 22: "cpv", 254: "glnx", 8020: "refno", 8011: "cpsn", 8019: "srin" };
const matches = (value, pattern) => new RegExp(`^${pattern}$`).test(value);
const isNamed = (segment, ai, short) => segment === ai || (short !== undefined && segment === short);

function unescape(s) {
  if (/%(?![0-9A-Fa-f]{2})/.test(s)) return null;
  return s.replace(/%([0-9A-Fa-f]{2})/g, (_, h) => String.fromCharCode(parseInt(h, 16)));
}
const escaped = (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0");
const escape = (s) => [...s].map((c) => (/[A-Za-z0-9\-._~]/.test(c) ? c : escaped(c))).join("");

function checkDigit(s) {
  let sum = 0;
  for (let i = 0; i < s.length; i++) sum += Number(s[i]) * ((s.length - i) % 2 === 1 ? 3 : 1);
  return s + String((10 - (sum % 10)) % 10);
}

// [ai, value, [[ai, value], ...]] or null
function readPairs(segments) {
  const ai = Object.keys(KEYS).find((k) => isNamed(segments[0], k, KEYS[k][0]));
  if (ai === undefined || segments.length % 2 !== 0) return null;
  const [, pattern, ordered, alone] = KEYS[ai];
  let value = unescape(segments[1]);
  if (value === null) return null;
  if (ai === "01" && [8, 12, 13].includes(value.length)) value = value.padStart(14, "0");
  if (!matches(value, pattern)) return null;
  const qualifiers = [];
  let next = 0;
  for (let i = 2; i < segments.length; i += 2) {
    let rule;
    if (alone && qualifiers.length === 0 && isNamed(segments[i], alone[0], SHORT[alone[0]])) {
      rule = alone;
      next = ordered.length;
    } else {
      while (next < ordered.length && !isNamed(segments[i], ordered[next][0], SHORT[ordered[next][0]])) next++;
      rule = ordered[next++];
    }
    const v = rule && unescape(segments[i + 1]);
    if (!rule || v === null || !matches(v, rule[1])) return null;
    qualifiers.push([rule[0], v]);
  }
  return [ai, value, qualifiers];
}

function readLink(text) {
  const m = /^https?:\/\/([^/?#]+)\/([^?#]*)/i.exec(text);
  if (!m) return null;
  let segments = m[2].split("/");
  if (segments.at(-1) === "") segments.pop();
  for (; segments.length > 0; segments = segments.slice(1)) {
    const key = readPairs(segments);
    if (key) return key;
  }
  return null;
}

// scheme: [ai, digits of company and reference, prefix digit, indicator first, parts, what the last part is]
function readUrn(text) {
  const m = /^urn:epc:(id|class|idpat):([a-z]+):(.*)$/is.exec(text);
  if (!m || m[1] !== m[1].toLowerCase() || m[2] !== m[2].toLowerCase()) return null;
  const scheme = `${m[1]}:${m[2]}`;
  const digitsOnly = (s) => /^[0-9]+$/.test(s);
  const parts = (n) => {
    const p = m[3].split(".");
    return p.length < n ? null : [...p.slice(0, n - 1), p.slice(n - 1).join(".")];
  };
  const forms = {
    "id:sgtin": ["01", 13, 3, "21"], "class:lgtin": ["01", 13, 3, "10"], "id:upui": ["01", 13, 3, "235"], "id:sscc": ["00", 17, 2],
    "id:sgln": ["414", 12, 3, "254"], "id:pgln": ["417", 12, 2], "id:grai": ["8003", 12, 3, "behind"], "id:giai": ["8004", 0, 2],
    "id:gsrn": ["8018", 17, 2], "id:gsrnp": ["8017", 17, 2], "id:gdti": ["253", 12, 3, "behind"], "id:sgcn": ["255", 12, 3, "behind"],
    "id:cpi": ["8010", 0, 3, "8011"], "id:itip": ["8006", 13, 5, "21"], "id:gsin": ["402", 16, 2], "id:ginc": ["401", 0, 2],
    "idpat:sgtin": ["01", 13, 3, "*"], "idpat:upui": ["01", 13, 3, "*"], "idpat:itip": ["8006", 13, 5, "*"], "idpat:grai": ["8003", 12, 3, "*"],
    "idpat:gdti": ["253", 12, 3, "*"], "idpat:sgcn": ["255", 12, 3, "*"], "idpat:cpi": ["8010", 0, 3, "*"],
  };
  const form = forms[scheme];
  const p = form && parts(form[2]);
  if (!p) return null;
  const [ai, length, count, last] = form, [company, reference] = p;
  if (!/^[0-9]{6,12}$/.test(company)) return null;
  let value;
  if (length === 0) {
    const r = unescape(reference);
    if (r === null) return null;
    value = company + r;
  } else {
    if (company.length + reference.length !== length || !(reference === "" || digitsOnly(reference))) return null;
    const indicator = ["01", "00", "8006"].includes(ai);
    if (indicator && reference === "") return null;
    value = checkDigit(indicator ? reference[0] + company + reference.slice(1) : company + reference);
    if (ai === "8003") value = "0" + value;
  }
  if (ai === "8006") {
    if (p[2].length !== 2 || p[3].length !== 2) return null;
    value += p[2] + p[3];
  }
  const qualifiers = [];
  if (count > 2) {
    const end = p[count - 1];
    if (last === "*") {
      if (end !== "*") return null;
    } else if (last === "behind") {
      const v = unescape(end);
      if (v === null) return null;
      value += v;
    } else if (!(ai === "414" && end === "0")) {
      const v = unescape(end);
      const rule = [...KEYS[ai][2], KEYS[ai][3] ?? [""]].find((q) => q[0] === last);
      if (v === null || !matches(v, rule[1])) return null;
      qualifiers.push([last, v]);
    }
  }
  return matches(value, KEYS[ai][1]) ? [ai, value, qualifiers] : null;
}

const read = (text) => readUrn(text) ?? readLink(text);
const write = ([ai, value, qualifiers]) =>
  "https://id.gs1.org" + [[ai, value], ...qualifiers].map(([a, v]) => `/${a}/${escape(v)}`).join("");

export function canonical(text) {
  const key = read(text);
  if (!key) return text;
  const serial = key[2].some(([a]) => a === "21");
  return write([key[0], key[1], key[2].filter(([a, v]) => a !== "22" && !(a === "254" && v === "0") && !(a === "10" && serial))]);
}
// E11
export function kindOf(text) {
  const key = read(text);
  if (!key) return "other";
  const [ai, value, qualifiers] = key, has = (a) => qualifiers.some(([q]) => q === a);
  if (ai === "01" || ai === "8006") return has("21") || has("235") ? "item" : has("10") ? "lot" : "product";
  if (ai === "00" || ai === "8004") return "item";
  if (ai === "8003") return value.length > 14 ? "item" : "product";
  if (ai === "8010") return has("8011") ? "item" : "product";
  return { 8013: "product", 414: "location", 417: "location", 253: "document", 255: "document" }[ai] ?? "other";
}
export function lotIn(text) {
  const key = read(text), lot = key && key[2].find(([a]) => a === "10");
  return lot ? write([key[0], key[1], [lot]]) : "";
}
export function productIn(text) {
  const key = read(text);
  if (!key || !["01", "8006", "8010", "8013", "8003"].includes(key[0])) return "";
  return write([key[0], key[0] === "8003" ? key[1].slice(0, 14) : key[1], []]);
}
export function lotOf(product, number) {
  const key = read(product);
  if (!key || key[2].length > 0 || !["01", "8006"].includes(key[0]) || !matches(number, x(20))) return "";
  return write([key[0], key[1], [["10", number]]]);
}
