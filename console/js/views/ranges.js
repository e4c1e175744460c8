// Number ranges, as they are shown and typed.

/** @import { Failure } from "../api.js" */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { button, field } from "../elements.js";
import { nicely } from "../phone.js";
import { t } from "../text.js";

/** The fields of ranges, as the service names them. */
export const RANGES = /number_ranges\[\d+\]/;

/** @param {Api.NumberRange[]} ranges */
export function rangeList(ranges) {
  if (ranges.length === 0) return html`<p class="faint">${t("ranges.none")}</p>`;
  return html`<ul class="ranges">
    ${ranges.map((range) => html`<li><span class="number-cell">${nicely(range.first)}</span> – <span class="number-cell">${nicely(range.last)}</span></li>`)}
  </ul>`;
}

/**
 * Fields for ranges; `rangesOf` reads them.
 * @param {Api.NumberRange[]} ranges
 * @param {Failure|null} problem
 * @param {(ranges: Api.NumberRange[]) => void} onChange
 */
export function rangeFields(ranges, problem, onChange) {
  const without = (/** @type {number} */ at) => ranges.filter((_, other) => other !== at);
  const changed = (/** @type {number} */ at, /** @type {Partial<Api.NumberRange>} */ patch) =>
    ranges.map((range, other) => (other === at ? { ...range, ...patch } : range));
  return html`<fieldset class="range-fields">
    <legend>${t("ranges.legend")}</legend>
    ${ranges.map(
      (range, at) => html`<div class="range-row">
        ${end(range, at, "first", problem, (first) => onChange(changed(at, { first })))}
        ${end(range, at, "last", problem, (last) => onChange(changed(at, { last })))}
        ${button({ label: t("remove"), name: t("ranges.remove_named", { at: at + 1 }), kind: "small danger-quiet", hook: "remove-range", onClick: () => onChange(without(at)) })}
      </div>`,
    )}
    ${ranges.length ? nothing : html`<p class="faint">${t("ranges.none")}</p>`}
    ${button({ label: t("ranges.add"), icon: "plus", kind: "small", hook: "add-range", onClick: () => onChange([...ranges, { first: "", last: "" }]) })}
  </fieldset>`;
}

/** @param {Api.NumberRange} range @param {number} at @param {"first"|"last"} side @param {Failure|null} problem @param {(value: string) => void} onInput */
function end(range, at, side, problem, onInput) {
  return field({
    name: `range-${at}-${side}`,
    label: t(side === "first" ? "ranges.first" : "ranges.last"),
    error: problem?.of?.(`number_ranges[${at}].${side}`) ?? problem?.of?.(`number_ranges[${at}]`),
    value: range[side],
    type: "tel",
    placeholder: side === "first" ? "+17635550000" : "+17635559999",
    onInput: (event) => onInput(/** @type {HTMLInputElement} */ (event.target).value),
  });
}

/** Ranges as the service takes them. @param {Api.NumberRange[]} ranges */
export function rangesOf(ranges) {
  const plain = (/** @type {string} */ typed) => typed.replace(/[\s().-]/g, "");
  return ranges.filter(({ first, last }) => first || last).map(({ first, last }) => ({ first: plain(first), last: plain(last) }));
}
