import { find } from "./dom";

/**
 * Takes the newest state of one region from the server's own rendering of this page, so that there is one source of
 * what a row looks like. Keeps keyboard focus on the same button where it still exists.
 */
export async function refreshRegion(id: string): Promise<void> {
  const answer = await fetch(location.pathname + location.search, {
    headers: { Accept: "text/html" },
    cache: "no-store",
  });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
  if (!answer.ok || answer.redirected || fresh === null) {
    location.reload();
    return;
  }
  const place = focusedPlace();
  find(`#${id}`, HTMLElement).replaceWith(document.adoptNode(fresh));
  restoreFocus(place);
}

type Place = { owner: string; action: string } | null;

function focusedPlace(): Place {
  const focused = document.activeElement;
  const owner = focused?.closest("[data-region] [id]")?.id;
  const action = focused instanceof HTMLElement ? focused.dataset["action"] : undefined;
  return owner !== undefined && action !== undefined ? { owner, action } : null;
}

function restoreFocus(place: Place): void {
  if (place === null) return;
  const owner = document.getElementById(place.owner);
  const button = owner?.querySelector(`[data-action="${place.action}"]`) ?? owner?.querySelector("button");
  if (button instanceof HTMLElement) button.focus();
  else find("#main", HTMLElement).focus();
}
