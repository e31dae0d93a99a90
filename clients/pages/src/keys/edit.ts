import { VaultError, type Account, type UnlockedVault } from "@1relay/core";

import { type Decision, KeyCheck } from "../keyGuide/check";
import type { KeyFacts } from "../keyGuide/facts";
import { foldedKeyGuide } from "../keyGuide/guide";
import { lookOf, providerOf } from "../keyGuide/shapes";
import { onAction } from "../ui/actions";
import { letClose } from "../ui/dialogs";
import { dataOf, find, ownerOf } from "../ui/dom";
import { FieldError, fieldOf, onSubmit, setFieldError } from "../ui/forms";
import { toast } from "../ui/toast";
import { requireVault, untilLocked, withVault } from "../ui/unlock";
import { ProviderPicker } from "./picker";
import { droppedIn, showReseals, shownIn } from "./reseals";
import { nameOf } from "./rows";

const SANDBOX = { provider: "sandbox", apiKey: "sandbox-key-works", label: "Free test key" };
const PROVIDER_KEY = /^[\x21-\x7e]{8,512}$/;

/** The dialog that adds or replaces a key. */
export class KeyForm {
  readonly #dialog = find("#key-dialog", HTMLDialogElement);
  readonly #form = find("form", HTMLFormElement, this.#dialog);
  readonly #value = find("#key-value", HTMLInputElement, this.#dialog);
  readonly #label = fieldOf(this.#form, "label", HTMLInputElement);
  readonly #title = find("#key-dialog-title", HTMLElement, this.#dialog);
  readonly #problem = find("#key-form-error", HTMLElement, this.#dialog);
  readonly #picker: ProviderPicker;
  readonly #check: KeyCheck;

  constructor(
    private readonly account: Account,
    private readonly all: KeyFacts[],
    private readonly refresh: () => Promise<void>,
  ) {
    this.#picker = new ProviderPicker(this.#dialog, all, (facts) => {
      this.#showProvider(facts);
    });
    this.#check = new KeyCheck(this.#picker.facts, all);
    find("#key-check", HTMLElement, this.#dialog).replaceChildren(this.#check.element);
    this.#wireButtons();
    this.#value.addEventListener("input", () => {
      this.#check.stop();
      this.#recognise();
    });
    this.#dialog.addEventListener("close", () => {
      this.#forget();
      this.#check.stop();
    });
    onSubmit(this.#form, this.#problem, () => this.#submit());
  }

  /** The typed key and the decrypted label must not outlive the vault's being open. */
  close(): void {
    this.#forget();
    this.#dialog.close();
  }

  #forget(): void {
    this.#value.value = "";
    this.#label.value = "";
  }

  #wireButtons(): void {
    onAction("add-key", async () => {
      if ((await requireVault(this.account)) !== null) this.#openToAdd();
    });
    onAction("replace", async (button) => {
      const row = ownerOf(button, "[data-key]");
      await untilLocked(this.account, (vault) => this.#openToReplace(vault, row));
    });
    onAction("take-provider", (button) => {
      this.#picker.isChosenByHand = true;
      this.#picker.choose(dataOf(button, "provider"));
      this.#value.focus();
    });
    onAction("add-sandbox", async () => {
      const done = await withVault(this.account, async (vault) => {
        await vault.putKey(SANDBOX);
      });
      if (!done) return;
      await this.refresh();
      toast("Sandbox key added. Any app that asks for the sandbox can use it now.");
    });
  }

  #openToAdd(): void {
    this.#title.textContent = dataOf(this.#title, "titleAdd");
    const rows = document.querySelectorAll<HTMLElement>("[data-key]");
    this.#picker.open(new Set([...rows].map((row) => dataOf(row, "key"))));
    showReseals(this.#dialog, []);
    this.#open("");
  }

  async #openToReplace(vault: UnlockedVault, row: HTMLElement): Promise<void> {
    const id = dataOf(row, "key");
    const [items, reseals] = await Promise.all([vault.listItems(), vault.reseals(id)]);
    if (this.account.vault !== vault) throw new VaultError("vault_locked");
    this.#title.textContent = dataOf(this.#title, "titleReplace").replace("{name}", nameOf(row));
    this.#picker.fix(id);
    showReseals(this.#dialog, reseals);
    this.#open(items.find((item) => item.provider === id)?.label ?? "");
  }

  #open(oldLabel: string): void {
    this.#value.value = "";
    this.#value.type = "password";
    this.#label.value = oldLabel;
    this.#problem.textContent = "";
    setFieldError(this.#value, "");
    this.#showDoubt();
    this.#dialog.showModal();
    this.#value.focus();
  }

  #showProvider(facts: KeyFacts): void {
    const guide = find("#key-guide", HTMLElement, this.#dialog);
    const isOpen = guide.querySelector("details")?.open ?? false;
    guide.replaceChildren(foldedKeyGuide(facts, isOpen));
    this.#check.show(facts);
    this.#showDoubt();
  }

  /** A pasted key chooses its provider, unless the person has. */
  #recognise(): void {
    const found = providerOf(this.#value.value.trim(), this.all);
    const isNew = found !== null && !this.#picker.isChosenByHand && found.id !== this.#picker.facts.id;
    if (isNew) this.#picker.choose(found.id);
    this.#showDoubt(isNew);
  }

  #showDoubt(isRecognised = false): void {
    const note = find("[data-shape-note]", HTMLElement, this.#dialog);
    const take = find("[data-action=take-provider]", HTMLButtonElement, this.#dialog);
    const { facts } = this.#picker;
    const look = lookOf(this.#value.value.trim(), facts, this.all);
    const other = look.kind === "other_provider" ? look.other : null;
    take.hidden = other === null || find("#key-provider-field", HTMLElement, this.#dialog).hidden;
    take.dataset["provider"] = other?.id ?? "";
    take.textContent = `Choose ${other?.name ?? ""}`;
    if (other !== null) note.textContent = `This looks like a key of ${other.name}.`;
    else if (look.kind === "admin_key") note.textContent = look.why;
    else if (look.kind === "unusual")
      note.textContent = `This does not look like a usual ${facts.name} key. You can save it all the same.`;
    else note.textContent = isRecognised ? `Recognised as a key of ${facts.name}.` : "";
  }

  async #submit(): Promise<void> {
    const apiKey = this.#value.value.trim();
    this.#refuse(apiKey);
    let saved = "";
    await untilLocked(this.account, async (vault) => {
      const { save, said } = await this.#decide(vault, apiKey);
      if (save) saved = `${await this.#save(vault, apiKey)} ${said?.title ?? ""}`;
    }).catch((error: unknown) => this.#showChanged(error));
    if (saved === "") return;
    this.#dialog.close();
    await this.refresh();
    toast(saved);
  }

  /** Tries the key. Nothing is sent for the vault meanwhile, so that closing the dialog calls all of it back. */
  async #decide(vault: UnlockedVault, apiKey: string): Promise<Decision> {
    letClose(this.#dialog, true);
    try {
      const decision = await this.#check.decide(vault, apiKey);
      return { ...decision, save: decision.save && this.#dialog.open };
    } finally {
      letClose(this.#dialog, false);
    }
  }

  /** Throws FieldError for what can't be saved. A shape is a hint, never a gate, but for keys of a refused kind. */
  #refuse(apiKey: string): void {
    if (apiKey === "") throw new FieldError(this.#value, "Paste the provider key.");
    if (!PROVIDER_KEY.test(apiKey)) {
      const why = "A provider key has 8 to 512 plain characters without spaces. Copy it again.";
      throw new FieldError(this.#value, why);
    }
    const look = lookOf(apiKey, this.#picker.facts, this.all);
    if (look.kind === "admin_key") throw new FieldError(this.#value, look.why);
  }

  async #save(vault: UnlockedVault, apiKey: string): Promise<string> {
    const result = await vault.putKey({
      provider: this.#picker.facts.id,
      apiKey,
      label: this.#label.value.trim(),
      shown: shownIn(this.#dialog),
      drop: droppedIn(this.#dialog),
    });
    if (result.created) return "Key encrypted and saved.";
    const given = result.resealed.length;
    return `Key replaced. ${given === 1 ? "1 connection has" : `${String(given)} connections have`} the new one.`;
  }

  /** Connections came or went since the list was shown: it is shown again, and asks to be looked at. */
  #showChanged(error: unknown): never {
    if (error instanceof VaultError && error.code === "connections_changed")
      showReseals(this.#dialog, error.reseals);
    throw error;
  }
}
