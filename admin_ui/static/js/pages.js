// Comfort only: every page works without it.
const short = new Intl.DateTimeFormat(undefined, {
    month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});
for (const time of document.querySelectorAll("time")) {
    time.textContent = short.format(new Date(time.dateTime));
}

for (const select of document.querySelectorAll("[data-submit]")) {
    select.addEventListener("change", () => select.form.requestSubmit());
}

const copied = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    // Without TLS on another host there is no clipboard interface.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
};
for (const button of document.querySelectorAll("[data-copy]")) {
    const words = button.querySelector("span");
    const before = words.textContent;
    button.addEventListener("click", async () => {
        await copied(document.getElementById(button.dataset.copy).textContent);
        words.textContent = "Copied";
        setTimeout(() => { words.textContent = before; }, 1500);
    });
}

// One confirmation at a time; Escape or a click elsewhere closes it.
const close = (except) => {
    for (const open of document.querySelectorAll("details.confirm[open]")) {
        if (open !== except) open.open = false;
    }
};
document.addEventListener("click", (event) => close(event.target.closest("details.confirm")));
document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(null); });
