import { find, linesOf } from "../ui/dom";
import { FieldError, fieldOf, onSubmit, required } from "../ui/forms";

/** What the app forms send. */
export type AppBody = {
  name: string;
  websiteUrl?: string;
  allowedOrigins: string[];
  redirectUris: string[];
};

/** Makes an app form submit by script with the body it describes. */
export function onAppSubmit(form: HTMLFormElement, task: (body: AppBody) => Promise<void>): void {
  onSubmit(form, find('[data-error-for=""]', HTMLElement, form), () => task(bodyOf(form)));
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

/** The API has no way to take a website away again, so the form says so instead of keeping it silently. */
function website(field: HTMLInputElement): { websiteUrl?: string } {
  const typed = field.value.trim();
  if (typed !== "") return { websiteUrl: typed };
  if (field.defaultValue === "") return {};
  throw new FieldError(field, "A website can be changed but not removed. Type another one.");
}
