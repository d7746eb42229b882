// Asks for the parts of a page that are marked data-live="seconds" anew, by their event "live", as long as they are seen.
(function () {
  "use strict";
  var asked = new WeakMap();
  function ask(force) {
    if (document.hidden || !window.htmx) { return; }
    document.querySelectorAll("[data-live]").forEach(function (part) {
      var every = 1000 * Number(part.dataset.live);
      if (!asked.has(part)) { asked.set(part, force ? 0 : Date.now()); }
      if (!every || Date.now() - asked.get(part) < every || part.querySelector("details.confirm[open]")) { return; }
      asked.set(part, Date.now());
      window.htmx.trigger(part, "live");
    });
  }
  setInterval(ask, 1000);
  document.addEventListener("visibilitychange", function () { ask(true); });
}());
