// The desk without reloading: the server says "something changed", the page asks for its own new pieces.
// Every page works without this file. Text is only ever set through parsed documents of our own server.

const places = () => document.querySelectorAll("[data-live]");
const policy = globalThis.trustedTypes?.createPolicy("pages", { createHTML: (page) => page });

// What somebody ticked, typed or opened in a piece goes over into the one that takes its place.
function carry(old, fresh) {
  for (const field of old.querySelectorAll("input[id], textarea[id], select[id], details[id]")) {
    const twin = fresh.querySelector(`#${CSS.escape(field.id)}`);
    if (!twin) continue;
    if (field.localName === "details") twin.open = field.open;
    else if (field.type === "checkbox") twin.checked = field.checked;
    else if (field.localName === "select" || field.value !== field.defaultValue) twin.value = field.value;
  }
}

// A form that was sent changes something itself: the page is left for the answer, not made anew under it.
const A_WHILE = 10_000;  // ms; then it was a form whose answer is a file
let leftAt = -A_WHILE;
addEventListener("submit", (event) => { if (!event.defaultPrevented) leftAt = performance.now(); });
addEventListener("pageshow", () => { leftAt = -A_WHILE; });
const isLeft = () => performance.now() - leftAt < A_WHILE;

// Signed out meanwhile, a form that was filled in stays: who sends it gives a password, and it goes on.
function isFilledIn() {
  return [...document.querySelectorAll("input, textarea")].some((field) => field.value !== field.defaultValue);
}

async function refresh() {
  if (isLeft()) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (isLeft()) return;
  if (answer.redirected || !answer.ok) return isFilledIn() || location.reload();
  const page = await answer.text();
  const next = new DOMParser().parseFromString(policy ? policy.createHTML(page) : page, "text/html");
  document.title = next.title;
  const token = document.querySelector("[name=csrf]")?.getAttribute("value");  // the same one in other letters: no change
  if (token) next.querySelectorAll("[name=csrf]").forEach((field) => field.setAttribute("value", token));
  for (const old of places()) {
    const fresh = next.getElementById(old.id);
    const focused = document.activeElement;
    const box = old.contains(focused) && focused.type === "checkbox" ? focused.id : "";  // ticked: it goes over
    if (!fresh || old.isEqualNode(fresh) || (old.contains(focused) && !box)) continue;
    carry(old, fresh);
    const wasAtEnd = old.scrollHeight - old.scrollTop - old.clientHeight < 40;
    old.replaceWith(document.adoptNode(fresh));
    if (box) document.getElementById(box)?.focus({ preventScroll: true });
    if (wasAtEnd) fresh.scrollTop = fresh.scrollHeight;
  }
}

function listen(address) {
  const stream = new EventSource(address);
  let waiting = 0;
  stream.addEventListener("changed", () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 150);
  });
  addEventListener("pagehide", () => stream.close());
}

function countSegments(field) {
  const show = document.getElementById(field.getAttribute("aria-describedby"));
  const basic = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/;
  const extended = /[\^{}\\[~\]|€]/g;
  const update = () => {
    const text = field.value;
    const isBasic = basic.test(text);
    const length = isBasic ? text.length + (text.match(extended) ?? []).length : text.length;
    const [one, more] = isBasic ? [160, 153] : [70, 67];
    show.textContent = show.dataset.words.replace("{letters}", length).replace("{messages}", length <= one ? 1 : Math.ceil(length / more));
  };
  field.addEventListener("input", update);
  update();
}

function showFieldsOf(choice) {
  const update = () => {
    for (const group of document.querySelectorAll("[data-phrase]")) {
      group.hidden = group.dataset.phrase !== choice.value;
      for (const field of group.querySelectorAll("input")) field.disabled = group.hidden;
    }
  };
  choice.addEventListener("change", update);
  update();
}

// A menu at the head closes by Escape, and by whatever happens outside it.
const menus = [...document.querySelectorAll("details.menu")];
function closeMenus(target) {
  for (const menu of menus) if (menu.open && !menu.contains(target)) menu.open = false;
}
document.addEventListener("click", (event) => closeMenus(event.target));
document.addEventListener("focusin", (event) => closeMenus(event.target));
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && menus.find((menu) => menu.open);
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

const stream = document.querySelector("[data-stream]");
if (stream) listen(stream.dataset.stream);
document.querySelectorAll("[data-count]").forEach(countSegments);
document.querySelectorAll("[data-shows-fields]").forEach(showFieldsOf);
document.querySelectorAll("[data-scroll-end]").forEach((box) => { box.scrollTop = box.scrollHeight; });
const beat = document.querySelector("form[data-heartbeat]");
if (beat) setInterval(() => fetch(beat.action, { method: "POST", body: new FormData(beat), credentials: "same-origin" }), 60_000);

// A call in the simulator: each line in its own voice, one after the other; our sound where there is one.
const heard = document.querySelector("[data-speak]");
const listenButton = document.querySelector("[data-listen]");
function speak(line) {
  return new Promise((done) => {
    line.classList.add("speaking");
    const end = () => { line.classList.remove("speaking"); done(); };
    if (line.dataset.sound) {
      const sound = new Audio(line.dataset.sound);
      sound.onended = sound.onerror = end;
      sound.play().catch(end);
    } else if (globalThis.speechSynthesis?.getVoices().length) {
      const words = new SpeechSynthesisUtterance(line.textContent);
      words.lang = line.lang;
      words.onend = words.onerror = end;
      speechSynthesis.speak(words);
    } else end();
  });
}
if (heard && listenButton) {
  listenButton.hidden = false;
  const all = async () => { for (const line of heard.querySelectorAll("li")) await speak(line); };
  listenButton.addEventListener("click", all);
  all();
}
