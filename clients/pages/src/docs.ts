/** /docs: copies code. Small, as everybody reads these pages. */
import { toast } from "./ui/toast";

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-copies]") : null;
  const code = button?.closest("figure")?.querySelector("code")?.textContent;
  if (code !== undefined) void copy(code);
});

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied");
  } catch {
    toast("The browser did not allow copying. Select the text and copy it yourself.", "bad");
  }
}
