// Places that are not there, and credentials that the console is not for.

/** @import { View } from "./index.js" */

import { html } from "../../vendor/lit-html/lit-html.js";
import { emptyState, page } from "../elements.js";
import { t } from "../text.js";

/** @type {View} */
export const missing = {
  name: "missing",
  title: () => t("missing.title"),
  render: () =>
    page(
      { title: t("missing.title") },
      emptyState({
        icon: "search",
        title: t("missing.text"),
        action: html`<a class="button primary" href="#/">${t("missing.home")}</a>`,
      }),
    ),
};

/** @type {View} */
export const noPlace = {
  title: () => t("no_place.title"),
  render: () => page({ title: t("no_place.title") }, emptyState({ icon: "key", title: t("no_place.text") })),
};
