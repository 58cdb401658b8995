// Runs before the first paint: a dark page must not flash white.
(() => {
    const root = document.documentElement;
    const chosen = localStorage.getItem("theme");
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const apply = (theme) => root.setAttribute("data-theme", theme);
    apply(chosen || (dark.matches ? "dark" : "light"));
    dark.addEventListener("change", () => {
        if (!localStorage.getItem("theme")) apply(dark.matches ? "dark" : "light");
    });
    document.addEventListener("click", (event) => {
        if (!event.target.closest("[data-theme-toggle]")) return;
        const next = root.getAttribute("data-theme") === "dark" ? "light" : "dark";
        localStorage.setItem("theme", next);
        apply(next);
    });
})();
