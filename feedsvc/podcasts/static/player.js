// Lets the times of chapters and of the transcript move the player, and marks the chapter that plays.
const player = document.querySelector("[data-player]");
if (player) {
  const links = [...document.querySelectorAll("a[data-start]")];
  for (const link of links) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      player.currentTime = Number(link.dataset.start);
      player.play();
    });
  }
  const chapters = links.filter((link) => link.closest(".chapters")).reverse();
  player.addEventListener("timeupdate", () => {
    const now = chapters.find((link) => Number(link.dataset.start) <= player.currentTime);
    for (const link of chapters) {
      if (link === now) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  });
}
