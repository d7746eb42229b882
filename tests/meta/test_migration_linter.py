"""A migration that the version before could not live with is told, and why."""

import pytest
from django.db import migrations, models
from django.db.migrations.state import ModelState, ProjectState

from tests.migration_linter import faults, unsafe

BEFORE = ProjectState()
BEFORE.add_model(
    ModelState("integrations", "run", [("id", models.AutoField(primary_key=True)), ("pages", models.IntegerField())])
)


def key(to="integrations.Run", **options):
    return models.ForeignKey(to, on_delete=models.CASCADE, **options)


def told(*operations, contract=""):
    body = {"operations": list(operations), "contract": contract}
    return list(faults(type("Migration", (migrations.Migration,), body)("0100_x", "integrations"), BEFORE))


TABLE = migrations.CreateModel("Later", [("id", models.BigAutoField(primary_key=True))])


def test_the_migrations_of_this_checkout_are_safe():
    assert list(unsafe()) == []


@pytest.mark.parametrize(
    "operation",
    [
        TABLE,
        migrations.AddField("run", "note", models.TextField(null=True)),
        migrations.AddField("run", "note", models.TextField(db_default="")),
        migrations.AddField("run", "others", models.ManyToManyField("integrations.Run")),
        migrations.CreateModel("Page", [("id", models.AutoField(primary_key=True)), ("run", key(db_constraint=False))]),
        migrations.CreateModel("Page", [("id", models.AutoField(primary_key=True)), ("of", key("integrations.later"))]),
        migrations.AddField("run", "before", key("integrations.Run", null=True, db_constraint=False)),
        migrations.AddIndex("run", models.Index(fields=["note"], name="run_by_note")),
        migrations.AlterField("run", "pages", models.IntegerField(default=1, help_text="of the source")),
        migrations.RunSQL("CREATE TABLE later (id int) -- nothing to DROP TABLE here", "DROP TABLE later"),
    ],
)
def test_what_only_adds_is_safe(operation):
    assert told(operation) == []


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        (migrations.RemoveField("run", "pages"), "old code still uses it"),
        (migrations.DeleteModel("Run"), "old code still uses it"),
        (migrations.RenameField("run", "pages", "leaves"), "old code still uses it"),
        (migrations.AddField("run", "note", models.TextField(default="")), "old code inserts rows without it"),
        (migrations.AlterField("run", "pages", models.BigIntegerField()), "why old code can live with it"),
        (
            migrations.AddConstraint("run", models.CheckConstraint(condition=models.Q(pages__gt=0), name="x")),
            "old code may break it",
        ),
        (migrations.RunSQL("alter table run alter column pages set not null", ""), "narrows it"),
        (migrations.RunSQL("alter table run add foreign key (pages) references page (id)", ""), "narrows it"),
        (migrations.RunSQL("alter table run enable row level security", ""), "narrows it"),
        (
            migrations.CreateModel("Page", [("id", models.AutoField(primary_key=True)), ("run", key())]),
            "run is a foreign key to a table of old code; give it db_constraint=False",
        ),
        (migrations.AddField("run", "before", key("run", null=True)), "before is a foreign key to a table of old code"),
        (
            migrations.SeparateDatabaseAndState(database_operations=[migrations.RemoveField("run", "pages")]),
            "old code still uses it",
        ),
    ],
)
def test_what_takes_away_or_narrows_is_told_unless_the_migration_says_why(operation, why):
    (fault,) = told(operation)
    assert why in fault
    assert told(operation, contract="0.3: unused since 0.2") == []


def test_a_reason_does_not_excuse_what_cannot_run_in_one_transaction_or_cannot_be_taken_back():
    faulty = told(migrations.RunSQL("CREATE INDEX CONCURRENTLY i ON run (pages)"), contract="0.3: because")
    assert [fault.partition(" ")[0] for fault in faulty] == ["CONCURRENTLY", "Raw"]
