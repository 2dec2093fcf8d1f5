// Keeps what a phone shows up to date without touching what somebody is typing.
addEventListener("load", () => {
  const end = () => scrollTo(0, document.body.scrollHeight);
  if (document.querySelector("[data-chat]")) end();
  setInterval(async () => {
    const answer = await fetch(location.href).catch(() => null);
    if (!answer || !answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("live");
    const shown = document.getElementById("live");
    if (!fresh || fresh.innerHTML === shown.innerHTML) return;
    shown.innerHTML = fresh.innerHTML;
    if (shown.hasAttribute("data-chat")) end();
  }, 1500);
});
