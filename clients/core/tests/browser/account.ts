// Loaded by tests/e2e/test_core_*.py into a page of a running relay: the core as pages have it, and nothing else.
export * from "../../src/index";
