// The answer goes to the LMS by itself; the button is there without scripts.
document.querySelector("form[data-answer]")?.requestSubmit();
