"""Which pages the documentation has, in which order, and where the text of each is kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `source` is its Markdown file from the repository's root; without one the page is made from data."""

    slug: str
    title: str
    description: str
    source: str = ""

    @property
    def address(self) -> str:
        """Where it is served."""
        return f"/docs/{self.slug}"


@dataclass(frozen=True, slots=True)
class Group:
    """Pages under one heading of the navigation."""

    title: str
    pages: tuple[Page, ...]


ERRORS = Page("errors", "Error codes", "Every error code of the 1Relay API: what it means, its HTTP status and what to do.")
API = Page("api", "API reference", "Every route of the 1Relay HTTP API: who calls it, what goes in, what comes out, and what can go wrong.")

GROUPS = (
    Group(
        "Get started",
        (
            Page(
                "quick-start",
                "Quick start",
                "From an empty folder to the first AI call on a visitor’s own key in five minutes, with a monthly budget.",
                "docs/site/quick-start.md",
            ),
            Page(
                "link-sdk",
                "Link SDK",
                "Open 1Relay Link over your page: people choose their AI keys and a monthly budget, you get a public token.",
                "clients/link-sdk/README.md",
            ),
            Page(
                "node-sdk",
                "Node SDK",
                "Open link sessions, exchange tokens and call AI models on people’s own keys from your Node server.",
                "clients/node-sdk/README.md",
            ),
            Page(
                "python-sdk",
                "Python SDK",
                "Open link sessions, exchange tokens and call AI models on people’s own keys from your Python server.",
                "clients/python-sdk/README.md",
            ),
            API,
            Page(
                "command-line",
                "Command line",
                "Keep, lend and take back your own AI keys from a terminal or in CI: nothing leaves your machine unencrypted.",
                "docs/site/command-line.md",
            ),
        ),
    ),
    Group(
        "Concepts",
        (
            Page(
                "keys",
                "Keys",
                "How provider keys are kept: encrypted in the browser, replaced in one place, never shown to an app.",
                "docs/site/keys.md",
            ),
            Page(
                "connections",
                "Connections",
                "One person’s permission for one app: how it is made, what it allows, and how it ends.",
                "docs/site/connections.md",
            ),
            Page(
                "budgets",
                "Budgets",
                "How hard budgets work: the worst case of every call is held before it is sent, and settled after it ends.",
                "docs/site/budgets.md",
            ),
            Page(
                "webhooks",
                "Webhooks",
                "Signed news for your server: connections made, changed and ended, budgets used up, failing keys; retried for three days.",
                "docs/site/webhooks.md",
            ),
        ),
    ),
    Group(
        "Security",
        (
            Page(
                "security",
                "What we can see",
                "What a 1Relay server can see and for how long, what it does not promise, and how to check it yourself.",
                "docs/site/security.md",
            ),
            Page(
                "protocol",
                "The key protocol",
                "The binding text of the 1Relay key protocol: tokens, key derivation, vault, connections and failures.",
                "spec/protocol.md",
            ),
        ),
    ),
    Group(
        "Reference",
        (
            ERRORS,
            Page(
                "sandbox",
                "Sandbox",
                "Try an integration without any AI account: connections without a browser, failures on demand, webhooks at will.",
                "docs/site/sandbox.md",
            ),
            Page(
                "providers",
                "Providers",
                "The AI providers 1Relay speaks to, what the one chat call can do with each, and how official SDKs connect.",
                "docs/providers.md",
            ),
        ),
    ),
    Group(
        "Run your own",
        (
            Page(
                "self-hosting",
                "Self-hosting",
                "Run your own 1Relay: on one machine with nothing else, or on many with PostgreSQL and Redis.",
                "docs/site/self-hosting.md",
            ),
            Page(
                "configuration",
                "Configuration",
                "Every setting of a 1Relay server, its default, and the combinations it refuses to start with.",
                "docs/configuration.md",
            ),
            Page(
                "limits",
                "Limits",
                "Every number 1Relay holds you to: sizes, time-outs, rates, lifetimes and lengths.",
                "docs/site/limits.md",
            ),
        ),
    ),
)
PAGES = tuple(page for group in GROUPS for page in group.pages)
BY_SLUG = {page.slug: page for page in PAGES}
BY_SOURCE = {page.source: page for page in PAGES if page.source}


def neighbours(page: Page, among: tuple[Page, ...] = PAGES) -> tuple[Page | None, Page | None]:
    """The pages before and after this one."""
    at = among.index(page)
    return (among[at - 1] if at else None), (among[at + 1] if at + 1 < len(among) else None)
