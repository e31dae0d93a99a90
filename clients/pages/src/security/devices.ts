import { type Account, endDevice, endOtherDevices, RelayError } from "@1relay/core";

import { onAction } from "../ui/actions";
import { confirmAction } from "../ui/dialogs";
import { dataOf, ownerOf } from "../ui/dom";
import { refreshRegion } from "../ui/region";
import { toast } from "../ui/toast";

export function wireDevices(account: Account): void {
  onAction("end-device", async (button) => {
    const row = ownerOf(button, "li");
    const name = dataOf(row, "name");
    await endDevice(account, row.id).catch(unlessGone);
    await refreshRegion("devices");
    toast(`${name} is signed out.`);
  });
  onAction("end-others", () => {
    let ended = 0;
    confirmAction({
      title: "Sign out all other devices?",
      text: "Your vault locks there, and you need your master password to sign in again. This browser stays signed in.",
      yes: "Sign them out",
      busy: "Signing out…",
      run: async () => {
        ended = await endOtherDevices(account);
      },
      after: async () => {
        await refreshRegion("devices");
        toast(ended === 1 ? "One device is signed out." : `${String(ended)} devices are signed out.`);
      },
    });
  });
}

/** It ended by itself meanwhile: that is what was wanted. */
function unlessGone(error: unknown): void {
  if (!(error instanceof RelayError) || error.status !== 404) throw error;
}
