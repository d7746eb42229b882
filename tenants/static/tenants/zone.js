// Tells the server the time zone of this browser, so that pages show the reader's own times (tenants/reader.py).
(function () {
  "use strict";
  var zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone) { return; }
  var known = ("; " + document.cookie).split("; zone=")[1];
  if (known !== undefined && known.split(";")[0] === encodeURIComponent(zone)) { return; }
  var secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = "zone=" + encodeURIComponent(zone) + "; Path=/; Max-Age=31536000; SameSite=Lax" + secure;
}());
