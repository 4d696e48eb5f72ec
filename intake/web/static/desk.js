// What a family would get, while it is written. The same page does it by a button where no script runs.

const own = globalThis.trustedTypes?.createPolicy?.("pieces", { createHTML: (page) => page });

function parse(page) {
  return new DOMParser().parseFromString(own ? own.createHTML(page) : page, "text/html");
}

async function send(address, form, headers = {}) {
  return fetch(address, { method: "POST", body: new URLSearchParams(new FormData(form)), headers, credentials: "same-origin" });
}

function previews(form) {
  const shown = form.querySelector(".preview");
  let timer = 0, asked = 0;
  const look = async () => {
    const mine = ++asked;
    const answer = await send(form.dataset.preview, form, { "X-Piece": "1" });
    if (!answer.ok || mine !== asked) return;
    const fresh = parse(await answer.text()).getElementById(shown.id);
    if (fresh) shown.replaceChildren(...document.adoptNode(fresh).childNodes);
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(look, 350); };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.querySelector("[data-looks]").hidden = true;
}

document.querySelectorAll("form[data-preview]").forEach(previews);

// Colleagues see who looks and who types; what is being written outlives a closed laptop.
const here = document.querySelector("form[data-here]");
const written = document.querySelector("textarea[data-draft]");
let told = "", typedAt = 0, pause = 0;

function tell(more, isLast = false) {
  const body = new URLSearchParams(new FormData(here));
  for (const [name, value] of Object.entries(more)) body.set(name, value);
  if (isLast) navigator.sendBeacon(here.action, body);
  else fetch(here.action, { method: "POST", body, credentials: "same-origin" });
}

function draft() {
  if (!written || written.value === told) return {};
  told = written.value;
  return { draft: told };
}

if (here) {
  told = written?.value ?? "";
  tell({});
  setInterval(() => { if (!document.hidden) tell(draft()); }, 30_000);
  document.addEventListener("input", (event) => {
    if (event.target.localName !== "textarea") return;
    clearTimeout(pause);
    pause = setTimeout(() => tell({ types: "yes", ...draft() }), 1200);
    if (Date.now() - typedAt < 6000) return;
    typedAt = Date.now();
    tell({ types: "yes", ...draft() });
  });
  addEventListener("pagehide", () => tell({ away: "yes", ...draft() }, true));
  document.querySelectorAll("[data-keeps]").forEach((button) => { button.hidden = true; });
}
