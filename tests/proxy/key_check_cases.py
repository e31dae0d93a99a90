"""What providers answer to a key that is tried, written by hand from their documentation, and what it means.

Pages are stored copies read 2026-11-23. Where a body is from memory, spec/providers.json calls `checkAnswers` unconfirmed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.fake_provider import chat_answer

Reply = tuple[int, Any]


@dataclass(frozen=True)
class Case:
    """Answers to the free check and, if it comes to that, to the smallest generation; and the outcome."""

    provider: str
    name: str
    check: Reply
    trial: Reply | None
    outcome: str


def error(message: str, **more: Any) -> dict[str, Any]:
    """OpenAI's shape, which most follow."""
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None, **more}}


def google(code: int, status: str, message: str, reason: str | None = None) -> Reply:
    """google.rpc.Status, as the Gemini API answers."""
    info = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    return code, {"error": {"code": code, "message": message, "status": status, "details": info}}


def claude(status: int, kind: str, message: str) -> Reply:
    """Anthropic's shape. platform.claude.com/docs/en/api/errors"""
    return status, {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


def listed(*models: str) -> Reply:
    """A list of models."""
    return 200, {"object": "list", "data": [{"id": model, "object": "model"} for model in models]}


GEMINI_LIST: Reply = (200, {"models": [{"name": "models/gemini-2.5-flash-lite"}]})
COHERE_LIST: Reply = (200, {"models": [{"name": "command-r7b-12-2024"}]})
CHAT: Reply = (200, chat_answer(8, 2))
CLAUDE: Reply = (
    200,
    {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-4-5", "stop_reason": "end_turn",
     "content": [{"type": "text", "text": "Hi"}], "usage": {"input_tokens": 8, "output_tokens": 2}},
)  # fmt: skip
GEMINI: Reply = (
    200,
    {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hi"}]}, "finishReason": "STOP"}],
     "usageMetadata": {"promptTokenCount": 2, "candidatesTokenCount": 2, "totalTokenCount": 4}},
)  # fmt: skip
ROUTER_KEY = {
    "label": "sk-or-v1-au7...890", "limit": 100, "limit_remaining": 74.5, "is_free_tier": False,
    "is_management_key": False, "is_provisioning_key": False, "usage": 25.5,
}  # fmt: skip
NO_SCOPE = "You have insufficient permissions for this operation. Missing scopes: model.request."
NO_LIST = "You have insufficient permissions for this operation. Missing scopes: api.model.read."
QUOTA = error("You exceeded your current quota.", type="insufficient_quota", code="insufficient_quota")

# The list and the answer with which a key of each provider works.
WORKING: dict[str, tuple[Reply, Reply | None, str]] = {
    "openai": (listed("gpt-4o-mini"), CHAT, "works"),
    "anthropic": (listed("claude-haiku-4-5"), CLAUDE, "works"),
    "google": (GEMINI_LIST, GEMINI, "works"),
    "groq": (listed("llama-3.1-8b-instant"), CHAT, "works"),
    "openrouter": ((200, {"data": ROUTER_KEY}), None, "accepted"),
    "mistral": (listed("ministral-8b-latest"), CHAT, "works"),
    "deepseek": (listed("deepseek-chat"), CHAT, "works"),
    "xai": (listed("grok-3-mini"), None, "unproven"),
    "together": ((200, [{"id": "any"}]), None, "unproven"),
    "fireworks": (listed("any"), None, "unproven"),
    "perplexity": (listed("any"), None, "unproven"),
    "cerebras": (listed("gpt-oss-120b"), CHAT, "works"),
    "cohere": (COHERE_LIST, CHAT, "works"),
}

# Where the refusal comes with the check itself.
AT_CHECK: list[tuple[str, str, Reply, str]] = [
    # developers.openai.com/api/docs/guides/error-codes; community.openai.com 1374480, 1345041
    ("openai", "wrong key", (401, error("Incorrect API key provided.", code="invalid_api_key")), "refused"),
    ("openai", "no scope", (401, error(NO_SCOPE)), "no_scope"),
    ("openai", "other addresses only", (401, error("IP not authorized", code="ip_not_authorized")), "address_blocked"),
    ("openai", "region", (403, error("Not supported here", code="unsupported_country_region_territory")), "region"),
    ("openai", "deactivated", (403, error("Closed", code="account_deactivated")), "account_blocked"),
    ("openai", "too fast", (429, error("Rate limit reached", code="rate_limit_exceeded")), "busy"),
    ("anthropic", "wrong key", claude(401, "authentication_error", "invalid x-api-key"), "refused"),
    ("anthropic", "no payment", claude(402, "billing_error", "Check your payment details."), "no_credit"),
    ("anthropic", "no permission", claude(403, "permission_error", "Your API key does not have permission."), "no_scope"),
    ("anthropic", "overloaded", claude(529, "overloaded_error", "Overloaded"), "provider_down"),
    # ai.google.dev/gemini-api/docs/troubleshooting; discuss.ai.google.dev 179740
    ("google", "wrong key", google(400, "INVALID_ARGUMENT", "API key not valid.", "API_KEY_INVALID"), "refused"),
    ("google", "other interface", google(403, "PERMISSION_DENIED", "Requests are blocked.", "API_KEY_SERVICE_BLOCKED"), "no_scope"),
    ("google", "not switched on", google(403, "PERMISSION_DENIED", "Not used before.", "SERVICE_DISABLED"), "no_scope"),
    ("google", "other addresses", google(403, "PERMISSION_DENIED", "Blocked.", "API_KEY_IP_ADDRESS_BLOCKED"), "address_blocked"),
    ("google", "leaked", google(403, "PERMISSION_DENIED", "Your API key was reported as leaked."), "account_blocked"),
    ("google", "region", google(400, "FAILED_PRECONDITION", "User location is not supported for the API use."), "region"),
    # console.groq.com/docs/errors, /docs/spend-limits
    ("groq", "wrong key", (401, error("Invalid API Key", code="invalid_api_key")), "refused"),
    ("groq", "restricted", (403, error("Restricted", code="organization_restricted")), "account_blocked"),
    ("groq", "region", (403, error("Access denied. Please check your network settings.")), "region"),
    ("groq", "forbidden", (403, error("Forbidden")), "not_allowed"),
    # openrouter.ai/docs/api/errors, /docs/features/provisioning-api-keys
    ("openrouter", "wrong key", (401, {"error": {"code": 401, "message": "User not found."}}), "refused"),
    ("openrouter", "management key", (200, {"data": ROUTER_KEY | {"is_management_key": True}}), "admin_key"),
    ("openrouter", "limit used up", (200, {"data": ROUTER_KEY | {"limit_remaining": 0}}), "no_credit"),
    ("openrouter", "limit overdrawn", (200, {"data": ROUTER_KEY | {"limit_remaining": -0.25}}), "no_credit"),
    ("openrouter", "no limit", (200, {"data": ROUTER_KEY | {"limit": None, "limit_remaining": None}}), "accepted"),
    ("openrouter", "a little left", (200, {"data": ROUTER_KEY | {"limit_remaining": 0.5}}), "accepted"),
    # docs.mistral.ai/resources/error-glossary
    ("mistral", "wrong key", (401, {"object": "error", "message": "Unauthorized"}), "refused"),
    ("mistral", "no payment", (402, {"object": "error", "message": "Payment required"}), "no_credit"),
    ("mistral", "plan", (403, {"object": "error", "message": "Forbidden"}), "no_scope"),
    # api-docs.deepseek.com/quick_start/error_codes
    ("deepseek", "wrong key", (401, error("Authentication Fails")), "refused"),
    ("deepseek", "overloaded", (503, error("Server Overloaded")), "provider_down"),
    # docs.x.ai/developers/debugging
    ("xai", "wrong key", (400, {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: xa***"}), "refused"),
    ("xai", "no key", (401, {"error": "Unauthorized"}), "refused"),
    ("xai", "blocked", (403, {"error": "Your API key is blocked."}), "account_blocked"),
    ("xai", "no permission", (403, {"error": "The key doesn't have permission to perform the action."}), "no_scope"),
    ("xai", "no credits", (403, {"error": "Your team has used all available credits."}), "no_credit"),
    ("xai", "limit", (429, {"error": "Your team reached its monthly spending limit."}), "no_credit"),
    # docs.together.ai/docs/error-codes
    ("together", "wrong key", (401, error("Invalid API key")), "refused"),
    ("together", "spending limit", (402, error("Payment Required")), "no_credit"),
    # docs.fireworks.ai/troubleshooting/status_error_codes/inference_error_code
    ("fireworks", "wrong key", (401, error("Unauthorized")), "refused"),
    ("fireworks", "no plan", (402, error("Payment Required")), "no_credit"),
    ("fireworks", "wrong account", (403, error("Forbidden")), "refused"),
    ("fireworks", "suspended", (412, error("Account suspended")), "no_credit"),
    ("perplexity", "wrong key or no credit", (401, error("Unauthorized")), "refused_or_no_credit"),
    # inference-docs.cerebras.ai/support/error
    ("cerebras", "wrong key", (401, {"message": "Wrong API Key", "code": "wrong_api_key"}), "refused"),
    ("cerebras", "no payment", (402, {"message": "Payment required"}), "no_credit"),
    ("cerebras", "no permission", (403, {"message": "Permission denied"}), "no_scope"),
    # docs.cohere.com/errors-reference
    ("cohere", "wrong key", (401, {"message": "invalid api token"}), "refused"),
    ("cohere", "billing limit", (402, {"message": "Please add or update your payment method"}), "no_credit"),
    ("cohere", "trial used up", (429, {"message": "You are using a Trial key, which is limited to 1000 API calls / month."}), "no_credit"),
    ("cohere", "trial too fast", (429, {"message": "You are using a Trial key, which is limited to 40 API calls / minute."}), "busy"),
]  # fmt: skip

# Where the check passes, and only a generation tells.
AT_TRIAL: list[tuple[str, str, Reply, str]] = [
    ("openai", "no scope for models", (403, error(NO_SCOPE)), "no_scope"),
    ("openai", "out of quota", (429, QUOTA), "no_credit"),
    ("openai", "balance exhausted", (429, error("No credit", type="insufficient_quota", code="credit_balance_exhausted")), "no_credit"),
    ("openai", "project limit", (429, error("Limit", code="project_spend_limit_exceeded")), "no_credit"),
    ("openai", "model is gone", (404, error("No such model", code="model_not_found")), "accepted"),
    ("openai", "trouble", (500, error("The server had an error")), "accepted"),
    ("anthropic", "no credit", claude(400, "invalid_request_error", "Your credit balance is too low to access it."), "no_credit"),
    ("anthropic", "spend limit", claude(400, "invalid_request_error", "You have reached your specified API usage limits."), "no_credit"),
    ("anthropic", "tier's cap", claude(429, "rate_limit_error", "enforced_spend_limit_reached"), "no_credit"),
    ("google", "project denied", google(403, "PERMISSION_DENIED", "Your project has been denied access."), "account_blocked"),
    ("google", "credit gone", google(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."), "no_credit"),
    ("google", "busy", google(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."), "busy"),
    ("groq", "spend limit", (400, error("API access is blocked", code="blocked_api_access")), "no_credit"),
    ("mistral", "no payment", (402, {"object": "error", "message": "Payment required"}), "no_credit"),
    ("deepseek", "no balance", (402, error("Insufficient Balance")), "no_credit"),
    ("cerebras", "no payment", (402, {"message": "Payment required"}), "no_credit"),
    ("cohere", "billing limit", (402, {"message": "maximum billing amount reached"}), "no_credit"),
]  # fmt: skip

NO_LISTING = [
    Case("openai", "may use, not list", (403, error(NO_LIST)), CHAT, "works"),
    Case("openai", "may do neither", (403, error(NO_LIST)), (403, error(NO_SCOPE)), "no_scope"),
]


def all_cases() -> list[Case]:
    """The whole table."""
    works = [Case(provider, "works", check, trial, outcome) for provider, (check, trial, outcome) in WORKING.items()]
    early = [Case(provider, name, reply, None, outcome) for provider, name, reply, outcome in AT_CHECK]
    late = [Case(provider, name, WORKING[provider][0], reply, outcome) for provider, name, reply, outcome in AT_TRIAL]
    return [*works, *early, *late, *NO_LISTING]
