// Runs before the first paint: the colours follow the system, and the page
// learns that scripts run.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => root.classList.toggle("dark", dark.matches);
  root.classList.add("js");
  follow();
  dark.addEventListener("change", follow);
})();
