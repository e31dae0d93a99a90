import { find, linesOf } from "../ui/dom";
import { fieldOf, onSubmit, required } from "../ui/forms";
import { fieldErrors } from "../ui/words";

/** What the app forms send. */
export type AppBody = {
  name: string;
  websiteUrl?: string | null;
  allowedOrigins: string[];
  redirectUris: string[];
};

/** Makes an app form submit by script with the body it describes. */
export function onAppSubmit(form: HTMLFormElement, task: (body: AppBody) => Promise<void>): void {
  onSubmit(form, find('[data-error-for=""]', HTMLElement, form), async () => {
    try {
      await task(bodyOf(form));
    } catch (error) {
      // What is wrong must not stay folded away.
      if ("redirectUris" in fieldErrors(error)) find("details", HTMLDetailsElement, form).open = true;
      throw error;
    }
  });
}

function bodyOf(form: HTMLFormElement): AppBody {
  const name = fieldOf(form, "name", HTMLInputElement);
  const origins = fieldOf(form, "allowedOrigins", HTMLTextAreaElement);
  required(origins, "Name at least one origin, such as https://app.example.com.");
  return {
    name: required(name, "Give the app a name.").trim(),
    ...website(fieldOf(form, "websiteUrl", HTMLInputElement)),
    allowedOrigins: linesOf(origins),
    redirectUris: linesOf(fieldOf(form, "redirectUris", HTMLTextAreaElement)),
  };
}

/** Null takes a website away again; a new app without one says nothing. */
function website(field: HTMLInputElement): { websiteUrl?: string | null } {
  const typed = field.value.trim();
  if (typed !== "") return { websiteUrl: typed };
  return field.defaultValue === "" ? {} : { websiteUrl: null };
}
