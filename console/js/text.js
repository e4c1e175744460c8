// All words of the page, from one file, and how times and numbers are written.

/** @type {Record<string, string|{one: string, other: string}>} */
let words = {};
let language = "en";

/** Reads the words. @param {string} wanted the language, such as `en` */
export async function loadText(wanted) {
  const answer = await fetch(`text.${wanted}.json`);
  if (!answer.ok) throw new Error(`text.${wanted}.json: ${answer.status}`);
  words = await answer.json();
  language = wanted;
  document.documentElement.lang = wanted;
}

/**
 * The text of a key. `{name}` in it becomes the value of that name; with forms for `one` and `other`, `count` chooses.
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  const found = words[key] ?? key;
  const form = typeof found === "string" ? found : found[plural(Number(values.count))];
  return form.replace(/\{(\w+)\}/g, (_, /** @type {string} */ name) => written(values[name]));
}

/** @param {number} count */
function plural(count) {
  return new Intl.PluralRules(language).select(count) === "one" ? "one" : "other";
}

/** @param {unknown} value */
function written(value) {
  return typeof value === "number" ? formatNumber(value) : String(value ?? "");
}

/** A number with its separators. @param {number} value */
export function formatNumber(value) {
  return new Intl.NumberFormat(language).format(value);
}

/** A time as people read it. @param {string} iso */
export function formatTime(iso) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));
}

/** A day. @param {string} iso */
export function formatDay(iso) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(new Date(iso));
}
