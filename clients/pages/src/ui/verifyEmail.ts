import type { Account } from "@1relay/core";

import { onAction } from "./actions";
import { toast } from "./toast";

/** The button of templates/parts/verify_email.html: has the link sent again. */
export function wireVerifyEmail(account: Account): void {
  onAction("send-verification", async () => {
    await account.api.post("/v1/auth/verify-email/send", {});
    toast("Sent. The link works for 24 hours");
  });
}
