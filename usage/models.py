"""Money: what connections and people may spend, what is held, what was spent. All amounts are whole nano-dollars.

Subjects are connections and users, known by plain ids, so that the facts here outlive what they describe. A call is
admitted under up to three windows at once: its connection's UTC month, its connection's UTC day, and its user's UTC
month over all connections. Windows are rows; a new month is a new row, nothing is ever zeroed, and a hold settles in
the windows it was admitted in.

What holds, in every committed state, under any interleaving of processes and after any crash (tests/usage/):

(a) `spent + held <= limit` in every window. Lowering a limit does not take back what was admitted under the old one,
    and a provider may bill more than the worst case it documents; the window's `bound` then says how far beyond the
    limit it stands, only these two ever raise it above the limit, and the database itself refuses more.
(b) Every call that reached a provider has exactly one ledger entry once it has ended: a hold becomes its entry in one
    transaction, by its id, which both tables have unique.
(c) Every hold ends: settled or released by the process that admitted the call, or by the sweep when that process died.
    A window's `held` is the sum of the open holds admitted in it, a budget's `open_calls` their number.
(d) Rollups equal the sum of the ledger. A period is closed, and read from its rollup, only when no open hold could
    still add to it.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

SUBJECT_LENGTH = 44
IS_ERROR = Q(http_status__gte=400) | ~Q(error_code="")
"""Of a ledger entry: the call failed. Queries use it as it is, for the partial indexes on it to be found."""


class Budget(models.Model):
    """A subject's limits, and the calls it has under way: the row that admissions of one connection queue at.

    A user's row has only the monthly cap. `minute_calls` counts the calls admitted in the UTC minute that began at
    `minute_at`.
    """

    subject_id = models.CharField(primary_key=True, max_length=SUBJECT_LENGTH)
    user_id = models.CharField(max_length=SUBJECT_LENGTH, db_index=True)
    monthly_nanos = models.BigIntegerField(null=True)
    daily_nanos = models.BigIntegerField(null=True)
    requests_per_minute = models.BigIntegerField(null=True)
    concurrency = models.BigIntegerField(null=True)
    open_calls = models.BigIntegerField(default=0)
    minute_at = models.DateTimeField(null=True)
    minute_calls = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(open_calls__gte=0), name="open_calls_not_negative"),
        ]


class Window(models.Model):
    """What one subject may spend, has spent and holds in one UTC month or day. No limit: null, then `bound` as well."""

    MONTH, DAY = "month", "day"

    subject_id = models.CharField(max_length=SUBJECT_LENGTH)
    kind = models.CharField(max_length=5)
    starts_on = models.DateField()
    limit_nanos = models.BigIntegerField(null=True)
    bound_nanos = models.BigIntegerField(null=True)
    spent_nanos = models.BigIntegerField(default=0)
    held_nanos = models.BigIntegerField(default=0)

    class Meta:
        # Columns that never change: an index on what is spent would cost every call an entry of it.
        indexes: ClassVar = [models.Index(fields=["starts_on"], condition=Q(kind="month"), name="window_by_month")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject_id", "kind", "starts_on"], name="one_window_a_period"),
            models.CheckConstraint(condition=Q(spent_nanos__gte=0, held_nanos__gte=0), name="amounts_not_negative"),
            models.CheckConstraint(
                condition=Q(bound_nanos__isnull=True) | Q(bound_nanos__gte=F("spent_nanos") + F("held_nanos")),
                name="spent_and_held_within_bound",
            ),
            models.CheckConstraint(
                condition=Q(limit_nanos__isnull=True, bound_nanos__isnull=True) | Q(limit_nanos__gte=0, bound_nanos__gte=F("limit_nanos")),
                name="bound_not_below_limit",
            ),
        ]


class Process(models.Model):
    """A process that admits calls. Its holds are swept when it is dead: no beat any more, or its lock file let go."""

    id = models.CharField(primary_key=True, max_length=SUBJECT_LENGTH)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()


class Call(models.Model):
    """What a hold and the ledger entry it becomes both say about a call."""

    request_id = models.CharField(max_length=64)
    user_id = models.CharField(max_length=SUBJECT_LENGTH)
    app_id = models.CharField(max_length=SUBJECT_LENGTH, blank=True)
    connection_id = models.CharField(max_length=SUBJECT_LENGTH)
    provider = models.CharField(max_length=32)
    model = models.CharField(max_length=200, blank=True)
    door = models.CharField(max_length=16)
    granted_nanos = models.BigIntegerField()
    price_version = models.CharField(max_length=80, blank=True)
    admitted_at = models.DateTimeField()

    class Meta:
        abstract = True


class Hold(Call):
    """Money reserved for a call under way: at most `granted_nanos`, in the windows of `month_on` and `day_on`."""

    id = models.CharField(primary_key=True, max_length=SUBJECT_LENGTH)
    owner_id = models.CharField(max_length=SUBJECT_LENGTH, db_index=True)
    month_on = models.DateField()
    day_on = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(granted_nanos__gte=0), name="hold_not_negative"),
        ]


class LedgerEntry(Call):
    """One ended call and what it cost. Never changed (a trigger refuses), but for the ids of a deleted account.

    `usage_source`: the provider's own cost, the tokens it reported, or an estimate (the worst case, when swept).
    """

    PROVIDER_COST, PROVIDER_USAGE, ESTIMATED = "provider_cost", "provider_usage", "estimated"

    hold_id = models.CharField(primary_key=True, max_length=SUBJECT_LENGTH)
    settled_at = models.DateTimeField()
    http_status = models.IntegerField(null=True)
    error_code = models.CharField(max_length=40, blank=True)
    latency_ms = models.BigIntegerField(null=True)
    usage_source = models.CharField(max_length=16)
    input_tokens = models.BigIntegerField()
    output_tokens = models.BigIntegerField()
    cached_input_tokens = models.BigIntegerField()
    cost_nanos = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["user_id", "admitted_at"], name="ledger_by_user"),
            models.Index(fields=["app_id", "admitted_at"], name="ledger_by_app"),
            models.Index(fields=["connection_id", "admitted_at"], name="ledger_by_connection"),
            models.Index(fields=["admitted_at"], name="ledger_by_time"),
            models.Index(fields=["request_id", "app_id", "admitted_at"], name="ledger_by_request"),
            # Failed calls alone: those that succeed write no entry of these.
            models.Index(fields=["app_id", "admitted_at"], condition=IS_ERROR, name="ledger_failed_by_app"),
            models.Index(fields=["connection_id", "admitted_at"], condition=IS_ERROR, name="ledger_failed_by_connection"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(input_tokens__gte=0, output_tokens__gte=0, cached_input_tokens__gte=0, cost_nanos__gte=0),
                name="entry_not_negative",
            ),
        ]


class BudgetNotice(models.Model):
    """That a subject's owner was told of a window filled to so many per cent: each once a window."""

    subject_id = models.CharField(max_length=SUBJECT_LENGTH)
    starts_on = models.DateField()
    percent = models.PositiveSmallIntegerField()
    told_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject_id", "starts_on", "percent"], name="one_notice_a_window"),
        ]


class Rollup(models.Model):
    """The ledger's sums for one period, connection, provider and model; periods are those of admission, in UTC."""

    HOUR, DAY = "hour", "day"

    kind = models.CharField(max_length=4)
    starts_at = models.DateTimeField()
    user_id = models.CharField(max_length=SUBJECT_LENGTH)
    app_id = models.CharField(max_length=SUBJECT_LENGTH, blank=True)
    connection_id = models.CharField(max_length=SUBJECT_LENGTH)
    provider = models.CharField(max_length=32)
    model = models.CharField(max_length=200, blank=True)
    requests = models.BigIntegerField()
    errors = models.BigIntegerField()
    input_tokens = models.BigIntegerField()
    output_tokens = models.BigIntegerField()
    cached_input_tokens = models.BigIntegerField()
    cost_nanos = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "starts_at", "connection_id", "provider", "model"], name="one_rollup_a_group"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["kind", "user_id", "starts_at"], name="rollup_by_user"),
            models.Index(fields=["kind", "app_id", "starts_at"], name="rollup_by_app"),
        ]


class KeyUse(models.Model):
    """When a person's key of one provider was last used, as far as hourly rollups have come. Gone with the account."""

    user_id = models.CharField(max_length=SUBJECT_LENGTH)
    provider = models.CharField(max_length=32)
    used_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user_id", "provider"], name="one_use_a_key")]


class Forgotten(models.Model):
    """A deleted account whose id is still to be taken from the ledger (usage.forgetting); gone when it has been."""

    user_id = models.CharField(primary_key=True, max_length=SUBJECT_LENGTH)
    since = models.DateTimeField()


class Closed(models.Model):
    """How far one kind of rollup is final: every call admitted before `until` has ended, and is in its period's sums."""

    kind = models.CharField(primary_key=True, max_length=4)
    until = models.DateTimeField()
