// Where the page stands: the part of its address after `#`.

/** Each place and the name of its view. What is in braces is a parameter. */
const PLACES = [
  ["/", "home"],
  ["/sign-in", "signIn"],
  ["/line", "line"],
  ["/link", "linkWithKey"],
  ["/tried", "tried"],
  ["/consented", "consented"],
  ["/no-place", "noPlace"],
  ["/groups", "groups"],
  ["/find", "find"],
  ["/keys", "allKeys"],
  ["/audit", "wholeAudit"],
  ["/groups/{group}", "overview"],
  ["/groups/{group}/authentication", "authentication"],
  ["/groups/{group}/mappings", "mappings"],
  ["/groups/{group}/import", "importFile"],
  ["/groups/{group}/imports/{import}", "importPreview"],
  ["/groups/{group}/history", "history"],
  ["/groups/{group}/history/{revision}", "revision"],
  ["/groups/{group}/audit", "audit"],
  ["/groups/{group}/consent", "consent"],
  ["/groups/{group}/keys", "keys"],
  ["/groups/{group}/check", "check"],
  ["/groups/{group}/settings", "settings"],
];

/** Goes to a place. @param {string} place such as `/groups` */
export function go(place) {
  if (location.hash === `#${place}`) arrive();
  else location.hash = place;
}

/** Goes to a place instead of the present one: the way back leaves it out. @param {string} place */
export function goInstead(place) {
  history.replaceState(null, "", `#${place}`);
  arrive();
}

/** The present place. */
export function here() {
  return location.hash.slice(1) || "/";
}

/** @typedef {{name: string, params: Record<string, string>, query: URLSearchParams}} Route */

/** @type {(route: Route) => void} */
let onArrival = () => {};

/** Begins to follow the address. @param {(route: Route) => void} listener called at each place */
export function follow(listener) {
  onArrival = listener;
  addEventListener("hashchange", arrive);
  arrive();
}

function arrive() {
  const [path, query] = here().split("?");
  const found = PLACES.map(([pattern, name]) => ({ name, params: match(pattern, path) })).find((one) => one.params);
  onArrival({ name: found?.name ?? "missing", params: found?.params ?? {}, query: new URLSearchParams(query) });
}

/** A part of a path in plain text; null: it is none. @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/**
 * The parameters of a path that fits a pattern.
 * @param {string} pattern @param {string} path
 * @returns {Record<string, string>|null}
 */
function match(pattern, path) {
  const [wanted, parts] = [pattern.split("/"), path.split("/")];
  if (wanted.length !== parts.length) return null;
  /** @type {Record<string, string>} */
  const params = {};
  const fits = wanted.every((part, at) => {
    if (!part.startsWith("{")) return part === parts[at];
    const value = decoded(parts[at]);
    params[part.slice(1, -1)] = value ?? "";
    return Boolean(value);
  });
  return fits ? params : null;
}
