// Who is signed in, as far as this page knows.
import type { RelayApi } from "./api";
import { emailOf } from "./loginProver";
import type { SessionName } from "./sessionKeeper";
import type { AccountUser, Me, SignedIn } from "./types";

export class Identity {
  user: AccountUser | null = null;
  sessionId: string | null = null;

  constructor(private readonly api: RelayApi) {}

  get name(): SessionName | null {
    if (this.user === null || this.sessionId === null) return null;
    return { userId: this.user.id, sessionId: this.sessionId };
  }

  /** Takes on a session that the relay has just made. */
  take(answer: SignedIn): void {
    this.user = answer.user;
    this.sessionId = answer.sessionId;
    this.api.token = answer.token ?? this.api.token;
    this.api.csrfToken = answer.csrfToken;
    this.api.userId = answer.user.id;
  }

  /** The normalised email; null if the relay's session is somebody else's by now. */
  async email(): Promise<string | null> {
    if (this.user?.email === undefined) {
      const { user, sessionId } = await this.api.get<Me>("/v1/auth/me");
      if (this.user !== null && this.user.id !== user.id) return null;
      this.user = user;
      this.sessionId = sessionId;
    }
    return emailOf(this.user.email ?? "");
  }

  /** Whether the relay's session is somebody else's: they signed in in another tab, whose news didn't reach this one. */
  async isReplaced(): Promise<boolean> {
    const { user } = await this.api.get<Me>("/v1/auth/me");
    return user.id !== this.user?.id;
  }
}
