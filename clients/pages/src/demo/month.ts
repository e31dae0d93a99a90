/** In debug: fills an account with tools of one's own and a month of sandbox calls, for demos and pictures. */
import type { Account, Connection, UnlockedVault } from "@1relay/core";

import { onAction } from "../ui/actions";
import { refreshRegion } from "../ui/region";
import { toast } from "../ui/toast";
import { withVault } from "../ui/unlock";

const SANDBOX_KEY = "sandbox-key-works";
const TOOLS = [
  { name: "Notebook", budgetCents: 2500 },
  { name: "Terminal", budgetCents: 1000 },
  { name: "Weekly report", budgetCents: 4000 },
];

/** Makes the button of templates/parts/demo_month.html work, where the page has it. */
export function wireDemoMonth(account: Account): void {
  onAction("demo-month", async () => {
    await withVault(account, async (vault) => {
      await makeTools(vault);
      const { calls } = await account.api.post<{ calls: number }>("/v1/demo/month", {});
      await refreshRegion("overview");
      toast(`${String(calls)} sandbox calls were made`);
    });
  });
}

async function makeTools(vault: UnlockedVault): Promise<void> {
  const keys = await vault.listItems();
  if (!keys.some((item) => item.provider === "sandbox")) {
    await vault.putKey({ provider: "sandbox", apiKey: SANDBOX_KEY, label: "Free test key" });
  }
  const there = new Set((await vault.api.all<Connection>("/v1/connections")).map((one) => one.name));
  for (const tool of TOOLS.filter(({ name }) => !there.has(name))) {
    await vault.createPersonalConnection({ ...tool, providers: ["sandbox"] });
  }
}
