export { Account } from "./account";
export { deleteAccount } from "./accountEnd";
export { type ApiOptions, type CallOptions, type Query, RelayApi } from "./api";
export type {
  Approval,
  ApprovalChoice,
  AuthorizeBody,
  LinkSession,
  UpdateBody,
  UpdateChoice,
} from "./approval";
export { checkProviderKey } from "./crypto/encoding";
export { type PasswordRefusal, refuseNewPassword, SHORTEST_PASSWORD } from "./crypto/passwordRules";
export { AUTO_LOCK_MINUTES, endDevice, endOtherDevices, listDevices, setAutoLock } from "./devices";
export {
  RelayError,
  type RelayErrorDetails,
  saysSessionEnded,
  VaultError,
  type VaultErrorCode,
} from "./errors";
export type { KeyCheck, PersonalInput, TrialAnswer, TrialCall } from "./personal";
export { changePassword, type PasswordChange } from "./passwordChange";
export { makeRecoveryKit, recover, type RecoverInput } from "./recovery";
export type { Reseal, ResealRefusal } from "./reseal";
export { type NewAccount, type SignedUp, signUp } from "./signUp";
export type {
  AccountState,
  AccountUser,
  Connection,
  ConnectionStatus,
  Device,
  Limits,
  Me,
  SealedKey,
  User,
} from "./types";
export { type NewKey, type PutKeyResult, UnlockedVault, type VaultItem } from "./vault";
