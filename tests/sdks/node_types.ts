// Checked by tsc in build/, beside types generated from /v1/openapi.json and spec/webhook_events.json (test_node_package.py).
// It compiles only if the SDK's types and the documents say the same.
import type * as sdk from "@1relay/node-sdk";

import type { components, operations } from "./openapi.js";
import type { components as told } from "./webhooks.js";

type Schemas = components["schemas"];
/** As the document has it; `never` where one side has a member or value that the other has not. */
type Same<Left, Right> = [Left] extends [Right]
  ? [Right] extends [Left]
    ? Exclude<AllKeys<Left>, AllKeys<Right>> | Exclude<AllKeys<Right>, AllKeys<Left>> extends never
      ? true
      : {
          onlyLeft: Exclude<AllKeys<Left>, AllKeys<Right>>;
          onlyRight: Exclude<AllKeys<Right>, AllKeys<Left>>;
        }
    : { lacks: Left; of: Right }
  : { differs: Left; from: Right };
/** Members of an object and of the objects in it, as paths. */
type AllKeys<Value> = Value extends readonly (infer Item)[]
  ? AllKeys<Item>
  : Value extends object
    ? {
        [Key in keyof Value & string]-?: Key | `${Key}.${AllKeys<NonNullable<Value[Key]>> & string}`;
      }[keyof Value & string]
    : never;
type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;

/** An app is shown no pending connections and none of what is its owner's alone. */
type AppsConnection = Omit<Schemas["Connection"], "status" | "ownerGrant"> & {
  status: Exclude<Schemas["Connection"]["status"], "pending">;
};
/** null would lift a limit, which an app can't ask for when there is none yet. */
type WithoutNull<Value> = { [Key in keyof Value]: Exclude<Value[Key], null> };
type NewSession = Omit<Schemas["LinkSessionBody"], "limits"> & {
  limits?: WithoutNull<Schemas["LimitsBody"]>;
};
/** It may name the sandbox alone, so the SDK does not ask. */
type NewSandboxLink = Omit<Schemas["SandboxLinkBody"], "limits" | "requestedProviders"> & {
  limits?: WithoutNull<Schemas["LimitsBody"]>;
};

export const answers: [
  Same<sdk.LinkSession, Schemas["NewLinkSession"]>,
  Same<sdk.LinkSessionStatus, Schemas["LinkOutcome"]>,
  Same<sdk.Exchange, Schemas["Exchanged"]>,
  Same<sdk.Limits, Schemas["Limits"]>,
  Same<sdk.Connection, AppsConnection>,
  Same<sdk.UsageReport, Schemas["Usage"]>,
  Same<sdk.UsageNumbers, Schemas["UsageSums"]>,
  Same<sdk.SandboxLink, Schemas["SandboxLinked"]>,
  Same<sdk.WebhookDelivery, Schemas["Delivery"]>,
  Same<keyof sdk.Page<sdk.Connection>, keyof Schemas["Connections"]>,
] = [true, true, true, true, true, true, true, true, true, true];

export const questions: [
  Same<sdk.LinkSessionParams, NewSession>,
  Same<sdk.SandboxLinkParams, NewSandboxLink>,
  Same<sdk.SandboxEvent, Schemas["SandboxFireBody"]>,
  Same<keyof sdk.ConnectionQuery, keyof Query<"listConnections">>,
  Same<keyof sdk.UsageQuery, keyof Query<"readUsage">>,
] = [true, true, true, true, true];

type Named = keyof told["schemas"];
type Data<Type extends sdk.WebhookEvent["type"]> = Extract<sdk.WebhookEvent, { type: Type }>["data"];
type Compared = { [Type in Named & sdk.WebhookEvent["type"]]: Same<Data<Type>, told["schemas"][Type]> };

export const everyType: Same<Named, sdk.WebhookEvent["type"]> = true;
export const events: Same<Compared[keyof Compared], true> = true;
/** Says which event is wrong. */
export const each: Record<keyof Compared, true> = {} as Compared;
