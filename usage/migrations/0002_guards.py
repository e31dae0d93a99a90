"""What Django's models can't say: ledger rows that can't be changed, and room for in-place updates of hot rows."""

from django.db import migrations

FACTS = (
    "hold_id, request_id, provider, model, door, granted_nanos, price_version, admitted_at, settled_at, http_status, "
    "error_code, latency_ms, usage_source, input_tokens, output_tokens, cached_input_tokens, cost_nanos"
)
POSTGRES = [
    """CREATE FUNCTION usage_ledger_is_immutable() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'ledger entries are never changed'; END $$""",
    f"""CREATE TRIGGER usage_ledger_immutable BEFORE UPDATE OF {FACTS} ON usage_ledgerentry
        FOR EACH ROW EXECUTE FUNCTION usage_ledger_is_immutable()""",
    "ALTER TABLE usage_window SET (fillfactor = 50)",
    "ALTER TABLE usage_budget SET (fillfactor = 50)",
]
SQLITE = [
    f"""CREATE TRIGGER usage_ledger_immutable BEFORE UPDATE OF {FACTS} ON usage_ledgerentry
        BEGIN SELECT RAISE(ABORT, 'ledger entries are never changed'); END""",
]


def guard(apps, schema_editor):
    statements = POSTGRES if schema_editor.connection.vendor == "postgresql" else SQLITE
    for statement in statements:
        schema_editor.execute(statement)


def unguard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER usage_ledger_immutable ON usage_ledgerentry")
        schema_editor.execute("DROP FUNCTION usage_ledger_is_immutable()")
    else:
        schema_editor.execute("DROP TRIGGER usage_ledger_immutable")


class Migration(migrations.Migration):
    dependencies = [("usage", "0001_initial")]
    operations = [migrations.RunPython(guard, unguard)]
