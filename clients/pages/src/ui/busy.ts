/** Runs `task` while the button shows that it works; a second press meanwhile does nothing. */
export async function whileBusy(button: HTMLButtonElement, task: () => Promise<void>): Promise<void> {
  if (button.getAttribute("aria-busy") === "true") return;
  const label = button.dataset["busyLabel"];
  const kept = [...button.childNodes];
  button.setAttribute("aria-busy", "true");
  if (label !== undefined) button.replaceChildren(label);
  try {
    await task();
  } finally {
    button.removeAttribute("aria-busy");
    if (label !== undefined) button.replaceChildren(...kept);
  }
}
