// Files that are given to the person.

import { download } from "./api.js";

/**
 * Fetches a file from the service and saves it.
 * @param {string} path @param {string} name the name, if the service gives none
 * @param {RequestInit} [init] @param {number[]} [fine] further statuses that bring it
 */
export async function saveFrom(path, name, init, fine) {
  const file = await download(path, init, fine);
  save(file.blob, file.name ?? name);
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
