// The editor of saved replies: previews both texts while they are typed, and has buttons that insert what is filled in.

import { keepPreviewed } from "./typed_preview.js";
import "./insert_words.js";

for (const preview of document.querySelectorAll("[data-language]")) {
  const text = preview.parentElement.querySelector("textarea");
  const collect = () => ({ language: preview.dataset.language, text: text.value });
  keepPreviewed(preview.closest("form").dataset.preview, preview, [text], collect);
}
