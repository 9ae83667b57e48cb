// Makes the pages quicker; everything works without it. Forms marked data-turn add their answer to the conversation
// instead of loading a page, data-vote thanks in place, data-copy and data-link copy.
"use strict";

const conversation = document.getElementById("conversation");
const composer = document.getElementById("ask");
const status = document.getElementById("status");
const touch = matchMedia("(pointer: coarse)");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

function say(words) {
  status.textContent = "";
  requestAnimationFrame(() => { status.textContent = words; });
}

function fieldsOf(form, button) {
  const fields = new FormData(form, button);
  if (form !== composer && composer) {
    for (const name of ["on", "payer", "about"]) {
      if (!fields.has(name)) fields.set(name, composer.elements[name].value);
    }
  }
  return new URLSearchParams(fields);
}

async function part(form, button) {
  const answer = await fetch(form.action, {
    method: "POST", body: fieldsOf(form, button), headers: { "Posbot-Part": "1" },
  });
  if (answer.redirected) throw new Error("signed out");
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  return holder.content;
}

async function ask(form, button) {
  if (composer.classList.contains("busy")) return;
  const typed = form === composer;
  composer.classList.add("busy");
  try {
    const turn = (await part(form, button)).firstElementChild;
    conversation.append(turn);
    document.body.classList.add("talking");
    composer.elements.q.placeholder = composer.elements.q.dataset.next;
    ready(turn);
    if (turn.dataset.about) composer.elements.about.value = turn.dataset.about;
    if (turn.dataset.said) say(turn.dataset.said);
    if (typed && !turn.classList.contains("failed")) composer.elements.q.value = "";
    if (typed && !touch.matches) composer.elements.q.focus({ preventScroll: true });
    else turn.querySelector(".answer").focus({ preventScroll: true });
    turn.scrollIntoView({ block: "start", behavior: calm.matches ? "auto" : "smooth" });
  } catch {
    plainly(form, button);
  } finally {
    composer.classList.remove("busy");
  }
}

// As the browser does without a script; the button's own value has to go along.
function plainly(form, button) {
  if (button && button.name) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: button.name, value: button.value });
    form.append(field);
  }
  form.submit();
}

async function vote(form, button) {
  try {
    const thanks = await part(form, button);
    say(thanks.textContent.trim());
    form.replaceChildren(thanks);
  } catch {
    plainly(form, button);
  }
}

async function copy(button, words) {
  try {
    await navigator.clipboard.writeText(words);
    const label = button.textContent;
    button.textContent = "Copied";
    say("Copied " + words);
    setTimeout(() => { button.textContent = label; }, 1500);
  } catch {
    return false;
  }
  return true;
}

function ready(root) {
  if (navigator.clipboard) for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
  for (const group of root.querySelectorAll(".looks")) {
    group.addEventListener("toggle", (event) => {
      if (event.target.open) for (const other of group.children) if (other !== event.target && other.open) other.open = false;
    }, true);
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (composer && conversation && "turn" in form.dataset) {
    event.preventDefault();
    ask(form, event.submitter);
  } else if ("vote" in form.dataset) {
    event.preventDefault();
    vote(form, event.submitter);
  }
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-link]");
  if (!button) return;
  if (button.dataset.copy) copy(button, button.dataset.copy);
  else if (navigator.clipboard) {
    event.preventDefault();
    copy(button, button.href);
  }
});

if (composer) {
  composer.elements.q.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    composer.requestSubmit();
  });
  composer.addEventListener("change", () => {
    composer.classList.toggle("set", Boolean(composer.elements.on.value || composer.elements.payer.value));
  });
}

// Search as one types: the rows come from the server, by the same rules as without a script.
const filter = document.querySelector("form[data-filter]");
if (filter) {
  const rows = document.getElementById("rows");
  let latest = 0;
  const show = async () => {
    const turn = ++latest;
    const wanted = new URLSearchParams(new FormData(filter));
    try {
      const answer = await fetch(filter.action + "?" + wanted, { headers: { "Posbot-Part": "1" } });
      if (!answer.ok || answer.redirected) throw new Error("refused");
      const text = await answer.text();
      if (turn === latest) rows.innerHTML = text;
    } catch {
      filter.submit();
    }
  };
  let waiting = 0;
  filter.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 60);
  });
  filter.addEventListener("submit", (event) => { event.preventDefault(); show(); });
}

document.documentElement.classList.add("scripted");
ready(document);
if (composer && !touch.matches && !conversation.childElementCount) composer.elements.q.focus({ preventScroll: true });
