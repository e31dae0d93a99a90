"""Gives activities opaque ids and a line of detail, and makes a queue of mail.

The table of activities is made anew: it came with the migration before, and nothing has written to it yet.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_lost_origins_and_logo_hash"),
    ]

    operations = [
        migrations.DeleteModel(name="Activity"),
        migrations.CreateModel(
            name="Activity",
            fields=[
                ("id", models.CharField(max_length=44, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(max_length=40)),
                ("session_id", models.CharField(blank=True, max_length=44)),
                ("device", models.CharField(blank=True, max_length=200)),
                ("subject", models.CharField(blank=True, max_length=200)),
                ("subject_id", models.CharField(blank=True, max_length=44)),
                ("detail", models.CharField(blank=True, max_length=200)),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="activity", to="accounts.user")),
            ],
            options={
                "indexes": [models.Index(fields=["user", "-at"], name="activity_by_user")],
            },
        ),
        migrations.CreateModel(
            name="Mail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "activity",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="mail", to="accounts.activity"
                    ),
                ),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="mail", to="accounts.user")),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="mail_due")],
            },
        ),
    ]
