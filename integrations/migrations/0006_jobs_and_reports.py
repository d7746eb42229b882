"""Replays and dismissals of many records, comparisons of both books, and indexes for long lists."""

import django.db.models.deletion
from django.db import migrations, models

import integrations.ids


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0005_outgoing_events"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReconcileDifference",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=integrations.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("source_key", models.CharField(max_length=120)),
                ("target_key", models.TextField(blank=True, default="")),
                ("month", models.CharField(blank=True, default="", max_length=7)),
                ("cause", models.CharField(max_length=60)),
                ("is_explained", models.BooleanField(default=False)),
                ("detail", models.TextField(blank=True, default="")),
                ("currency", models.CharField(blank=True, default="", max_length=5)),
                ("source_amount", models.DecimalField(blank=True, decimal_places=6, max_digits=24, null=True)),
                ("target_amount", models.DecimalField(blank=True, decimal_places=6, max_digits=24, null=True)),
                ("repaired_by", models.CharField(blank=True, default="", max_length=80)),
                ("repaired_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="ReconcileReport",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=integrations.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("stopped", "Stopped"),
                            ("finished", "Finished"),
                            ("failed", "Failed"),
                        ],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("agree", models.BooleanField(blank=True, null=True)),
                ("records", models.PositiveIntegerField(default=0)),
                ("agreeing", models.PositiveIntegerField(default=0)),
                ("differing", models.PositiveIntegerField(default=0)),
                ("explained", models.JSONField(blank=True, default=dict)),
                ("causes", models.JSONField(blank=True, default=dict)),
                ("months", models.JSONField(blank=True, default=dict)),
                ("cursor", models.JSONField(blank=True, default=dict)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("started_by", models.CharField(max_length=80)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("error_code", models.CharField(blank=True, default="", max_length=60)),
                ("error", models.TextField(blank=True, default="")),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="ReplayJob",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=integrations.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[("replay", "Replay"), ("dismiss", "Dismiss")], default="replay", max_length=8
                    ),
                ),
                ("selection", models.JSONField(default=dict)),
                ("reason", models.TextField(blank=True, default="")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("stopped", "Stopped"),
                            ("finished", "Finished"),
                            ("failed", "Failed"),
                        ],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("expected", models.PositiveIntegerField(default=0)),
                ("expected_exactly", models.BooleanField(default=True)),
                ("seen", models.PositiveIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("left_alone", models.PositiveIntegerField(default=0)),
                ("cursor", models.JSONField(blank=True, default=dict)),
                ("started_by", models.CharField(max_length=80)),
                ("created_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True, default="")),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.RemoveIndex(
            model_name="delivery",
            name="delivery_by_key",
        ),
        migrations.AlterField(
            model_name="link",
            name="origin",
            field=models.CharField(
                choices=[
                    ("created", "Created"),
                    ("adopted", "Adopted"),
                    ("found", "Found"),
                    ("manual", "Manual"),
                    ("unlinked", "Unlinked"),
                ],
                default="created",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["-created_at", "-id"], name="delivery_by_time"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["sync", "-created_at"], name="delivery_of_sync"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["state", "-created_at"], name="delivery_in_state"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("code", ""), _negated=True), fields=["code", "-created_at"], name="delivery_by_code"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "quarantined"])),
                fields=["sync", "state", "code", "needs", "created_at"],
                name="delivery_failing",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["source_key"], name="delivery_by_key", opclasses=["varchar_pattern_ops"]),
        ),
        migrations.AddField(
            model_name="reconcilereport",
            name="sync",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="reports", to="integrations.sync"
            ),
        ),
        migrations.AddField(
            model_name="reconciledifference",
            name="report",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="differences",
                to="integrations.reconcilereport",
            ),
        ),
        migrations.AddIndex(
            model_name="reconcilereport",
            index=models.Index(fields=["sync", "-id"], name="report_by_sync"),
        ),
        migrations.AddConstraint(
            model_name="reconcilereport",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "running")), fields=("sync",), name="report_one_running"
            ),
        ),
        migrations.AddIndex(
            model_name="reconciledifference",
            index=models.Index(fields=["report", "id"], name="difference_in_report"),
        ),
        migrations.AddIndex(
            model_name="reconciledifference",
            index=models.Index(fields=["report", "cause", "id"], name="difference_by_cause"),
        ),
    ]
