// Leads whoever sent a form with mistakes to the first of them: the field gets the focus, unfolded where it is folded.
(function () {
  "use strict";
  function lead(page) {
    var first = page.querySelector('main [aria-invalid="true"]:not([type="hidden"])') ||
      page.querySelector('main form [role="alert"], main .messages .bad');
    if (!first) { return; }
    for (var around = first.closest("details"); around; around = around.parentElement.closest("details")) {
      around.open = true;
    }
    if (!first.matches("input, select, textarea, button")) { first.tabIndex = -1; }
    first.focus();
  }
  lead(document);
  document.addEventListener("htmx:afterSwap", function (event) {
    if (event.detail.xhr.status === 422) { lead(document); }
  });
}());
