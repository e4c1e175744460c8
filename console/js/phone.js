// How phone numbers are written for people, and read from what they type.

/**
 * A number as its country writes it, where we know how: `(763) 555-1111`. Any other stays as it is.
 * @param {string} number in E.164
 */
export function nicely(number) {
  const northAmerican = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  return northAmerican ? `(${northAmerican[1]}) ${northAmerican[2]}-${northAmerican[3]}` : number;
}

/**
 * What to search for: a number may be typed as it is written, an address as it is.
 * @param {string} typed
 */
export function searchable(typed) {
  const isNumber = /^[\d\s()+./-]+$/.test(typed);
  return isNumber ? typed.replace(/[^\d]/g, "") : typed.trim();
}
