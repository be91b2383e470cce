// The registration window: opened on the click that asks for it, closed when
// the tool says that it is done.
const registration = document.querySelector("form[data-registration]");
let opened = null;
registration?.addEventListener("submit", () => {
	opened = window.open("", "registration", "popup,width=760,height=720");
	if (opened) registration.target = "registration";
});
window.addEventListener("message", (event) => {
	if (event.data?.subject !== "org.imsglobal.lti.close" || event.source !== opened) return;
	opened.close();
	location.assign("/tools");
});
for (const button of document.querySelectorAll("[data-copies]")) {
	button.addEventListener("click", async () => {
		await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
		button.textContent = "Copied";
		setTimeout(() => (button.textContent = "Copy"), 2000);
	});
}
