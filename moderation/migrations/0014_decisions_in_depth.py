"""Decisions carried out, explained, preserved and provable: strikes, approvals, revisions, referrals, holds, seals."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Rows of before: every enforcement rests on the decision that asked for it and is told of in its one statement; a
# decision judged its breach as its policy does. A decision is never edited, so its trigger is off for that one line.
FILL = """
UPDATE moderation_statement SET puid = gen_random_uuid();
UPDATE moderation_enforcement e SET rests_on_id = e.decision_id,
    statement_id = (SELECT s.id FROM moderation_statement s WHERE s.decision_id = e.decision_id),
    ends_at = (e.parameters ->> 'until')::timestamptz;
UPDATE moderation_enforcement SET ended = 'appeal' WHERE status IN ('reversal_requested', 'reversed');
ALTER TABLE moderation_decision DISABLE TRIGGER decision_is_never_edited;
UPDATE moderation_decision d SET severity = p.severity FROM moderation_policy p WHERE p.id = d.policy_id;
ALTER TABLE moderation_decision ENABLE TRIGGER decision_is_never_edited;
-- What refers to these rows is checked now: an index cannot be made while checks are owed.
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0013_versions_are_never_edited"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Approval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "waits for a second person"),
                            ("approved", "approved"),
                            ("rejected", "rejected"),
                            ("amended", "decided otherwise by the second person"),
                            ("withdrawn", "taken back before it was answered"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("reasons", models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="Authority",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "country",
                    models.CharField(
                        blank=True, help_text="ISO 3166-1; empty: several countries", max_length=2
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("police", "Police"),
                            ("prosecution", "Prosecution"),
                            ("court", "Court"),
                            ("international", "International body"),
                            ("child_safety", "Child safety body"),
                        ],
                        max_length=13,
                    ),
                ),
                ("contact", models.TextField(blank=True, help_text="How it takes referrals")),
                ("in_use", models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name="CyberTip",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("report", models.JSONField(default=dict)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "being written"),
                            ("waiting", "to be filed"),
                            ("filed", "filed"),
                            ("refused", "refused: somebody must look at it"),
                        ],
                        default="draft",
                        max_length=8,
                    ),
                ),
                ("report_id", models.BigIntegerField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("lease_until", models.DateTimeField(null=True)),
                ("last_error", models.CharField(blank=True, max_length=500)),
                ("filed_at", models.DateTimeField(null=True)),
                (
                    "receipt",
                    models.TextField(
                        blank=True, help_text="The answer to finish, as it came: the notification"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DataRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("export", "a copy of her data"), ("erasure", "erasure")], max_length=7
                    ),
                ),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("outcome", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="EndpointSecret",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("encrypted", models.TextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "expires_at",
                    models.DateTimeField(help_text="It signs until then; empty: for good", null=True),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HeldItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LegalHold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("active", "holds"),
                            ("lifting", "holds; somebody asked to lift it"),
                            ("lifted", "lifted by two people"),
                            ("expired", "its time was over"),
                        ],
                        default="active",
                        max_length=8,
                    ),
                ),
                ("reason", models.TextField()),
                ("placed_at", models.DateTimeField(auto_now_add=True)),
                ("until", models.DateTimeField()),
                ("lift_asked_at", models.DateTimeField(null=True)),
                ("lift_reasons", models.TextField(blank=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="PreservedFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(help_text="Of the snapshot's media, from 0")),
                ("url", models.URLField(max_length=2000)),
                ("declared_sha256", models.CharField(blank=True, max_length=64)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "being fetched"),
                            ("kept", "kept"),
                            ("failed", "could not be fetched"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("content", models.BinaryField(null=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("mime", models.CharField(blank=True, help_text="By its content", max_length=100)),
                ("size", models.PositiveIntegerField(help_text="Bytes", null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField()),
                ("fetched_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=500)),
            ],
        ),
        migrations.CreateModel(
            name="PurgeReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("purged", models.JSONField(default=dict)),
                ("held", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Referral",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("held", "waits for a second person"),
                            ("approved", "approved: to be sent"),
                            ("sent", "sent"),
                            ("answered", "answered"),
                            ("closed", "closed"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="held",
                        max_length=10,
                    ),
                ),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("life_or_safety", "A threat to life or safety (DSA Art. 18)"),
                            ("child_safety", "Sexual exploitation of a child"),
                            ("court_order", "An order of a court or authority"),
                        ],
                        max_length=14,
                    ),
                ),
                (
                    "urgency",
                    models.CharField(
                        choices=[
                            ("immediate", "Immediate: somebody is in danger now"),
                            ("urgent", "Urgent: within a day"),
                            ("routine", "Routine"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "authority_written",
                    models.CharField(blank=True, help_text="Where it is not in the list", max_length=200),
                ),
                (
                    "country",
                    models.CharField(
                        blank=True,
                        help_text="ISO 3166-1: the Member State or country concerned",
                        max_length=2,
                    ),
                ),
                (
                    "order_reference",
                    models.CharField(
                        blank=True, help_text="Of the order, where there is one", max_length=200
                    ),
                ),
                ("summary", models.TextField(blank=True, help_text="What is known, for the authority")),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("sent_how", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="ReferralAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("received_at", models.DateTimeField()),
                ("who", models.CharField(help_text="Who answered, for the authority", max_length=200)),
                ("reference", models.CharField(blank=True, help_text="The authority's own", max_length=200)),
                ("text", models.TextField()),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="ReferralPackage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                ("digest", models.CharField(help_text="SHA-256 of the zip", max_length=64)),
                ("content", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="RetentionRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("content", "Content and metadata of decided cases"),
                            ("deliveries", "Delivered webhooks and their attempts"),
                            ("idempotency_keys", "Idempotency keys"),
                            ("foresights", "Simulations"),
                            ("drafts", "Drafts"),
                        ],
                        max_length=16,
                    ),
                ),
                ("days", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ("sealed_at", models.DateTimeField(auto_now_add=True)),
                ("first_event", models.BigIntegerField()),
                (
                    "last_event",
                    models.BigIntegerField(
                        help_text="Every event up to here is in this seal or an earlier one"
                    ),
                ),
                (
                    "event_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("leaves", models.BinaryField()),
                ("root", models.BinaryField(max_length=32)),
                (
                    "previous",
                    models.BinaryField(
                        help_text="Head of the seal before; empty for the first", max_length=32
                    ),
                ),
                ("head", models.BinaryField(max_length=32)),
                ("signature", models.BinaryField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Strike",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("severity", models.PositiveSmallIntegerField(help_text="1 to 5, as judged")),
                ("weight", models.PositiveSmallIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("active", "counts"),
                            ("taken_back", "taken back with its decision"),
                            ("void", "void: it was gone already"),
                        ],
                        default="active",
                        max_length=10,
                    ),
                ),
                ("given_at", models.DateTimeField(auto_now_add=True)),
                (
                    "expires_at",
                    models.DateTimeField(help_text="It counts until then; empty: for good", null=True),
                ),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="StrikeThreshold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("points", models.PositiveSmallIntegerField()),
                ("window_days", models.PositiveIntegerField()),
                ("action", models.CharField(help_text="Action slug", max_length=32)),
                (
                    "days",
                    models.PositiveIntegerField(
                        blank=True, help_text="How long it is proposed for; empty: for good", null=True
                    ),
                ),
            ],
            options={
                "ordering": ["-points"],
            },
        ),
        migrations.CreateModel(
            name="StrikeWeight",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("severity", models.PositiveSmallIntegerField(help_text="1 to 5")),
                ("weight", models.PositiveSmallIntegerField(help_text="0: no strike")),
                ("days", models.PositiveIntegerField(blank=True, null=True)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="message",
            name="message_order",
        ),
        migrations.AddField(
            model_name="case",
            name="revised",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "not a revision"),
                    ("undone", "taken back at once"),
                    ("rejected", "the second person rejected it"),
                    ("amended", "the second person decides otherwise"),
                    ("reconsidered", "somebody thought better of it"),
                ],
                default="",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="revises",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="revisions",
                to="moderation.decision",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="ground",
            field=models.CharField(
                choices=[("terms", "it breaks our terms"), ("law", "it breaks the law")],
                default="terms",
                max_length=5,
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="legal_ground",
            field=models.CharField(blank=True, help_text="The law that it breaks", max_length=500),
        ),
        migrations.AddField(
            model_name="decision",
            name="severity",
            field=models.PositiveSmallIntegerField(default=3),
        ),
        migrations.AddField(
            model_name="enforcement",
            name="ended",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "in force, or waiting"),
                    ("overridden", "another decision took its place"),
                    ("appeal", "an appeal was won"),
                    ("expired", "its time was over"),
                    ("undone", "taken back at once"),
                    ("rejected", "the second person rejected it"),
                ],
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="enforcement",
            name="ends_at",
            field=models.DateTimeField(help_text="When it is reversed by itself; empty: never", null=True),
        ),
        migrations.AddField(
            model_name="enforcement",
            name="needs_approval",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="enforcement",
            name="rests_on",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="resting",
                to="moderation.decision",
            ),
        ),
        migrations.AddField(
            model_name="enforcement",
            name="statement",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="enforcements",
                to="moderation.statement",
            ),
        ),
        migrations.AddField(
            model_name="policy",
            name="ground",
            field=models.CharField(
                choices=[("terms", "it breaks our terms"), ("law", "it breaks the law")],
                default="terms",
                max_length=5,
            ),
        ),
        migrations.AddField(
            model_name="policy",
            name="legal_ground",
            field=models.CharField(blank=True, help_text="The law, for the ground “law”", max_length=500),
        ),
        migrations.AddField(
            model_name="snapshot",
            name="purged_at",
            field=models.DateTimeField(help_text="When its content was purged; the digest stays", null=True),
        ),
        migrations.AddField(
            model_name="statement",
            name="puid",
            field=models.UUIDField(default=uuid.uuid4, null=True),
        ),
        migrations.AddField(
            model_name="webhookendpoint",
            name="failures",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="webhookendpoint",
            name="resting_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="case",
            name="origin",
            field=models.CharField(
                choices=[
                    ("flag", "Flags"),
                    ("appeal", "Appeal"),
                    ("revision", "A decision that is made anew"),
                ],
                default="flag",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="enforcement",
            name="status",
            field=models.CharField(
                choices=[
                    ("held", "waits for a second person"),
                    ("requested", "on its way"),
                    ("delivered", "carried out"),
                    ("already_gone", "not needed: it was gone already"),
                    ("reversal_requested", "being reversed"),
                    ("reversed", "reversed"),
                    ("withdrawn", "withdrawn before it went out"),
                ],
                default="requested",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="status",
            field=models.CharField(
                choices=[
                    ("pending", "waiting"),
                    ("delivered", "delivered"),
                    ("parked", "parked"),
                    ("withdrawn", "withdrawn before it was sent"),
                ],
                default="pending",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="statement",
            name="decision",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="statements",
                to="moderation.decision",
            ),
        ),
        migrations.AddIndex(
            model_name="enforcement",
            index=models.Index(
                condition=models.Q(("ends_at__isnull", False), ("status__in", ["requested", "delivered"])),
                fields=["ends_at"],
                name="enforcement_ends",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("status__in", ["pending", "parked"])),
                fields=["endpoint", "item", "id"],
                name="message_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("origin", "revision"),
                        ("revises__isnull", False),
                        models.Q(("revised", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("origin", "revision"), _negated=True),
                        ("revised", ""),
                        ("revises__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="a_revision_revises_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "decided"), _negated=True),
                fields=("revises",),
                name="one_open_revision_per_decision",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(("severity__range", (1, 5))), name="breach_is_1_to_5"
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("legal_ground", ""), _negated=True),
                    models.Q(("ground", "law"), _negated=True),
                    _connector="OR",
                ),
                name="a_law_that_is_broken_is_named",
            ),
        ),
        migrations.AddField(
            model_name="approval",
            name="answered_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="approvals",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="approval",
            name="decided_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="approval",
            name="decision",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="approval", to="moderation.decision"
            ),
        ),
        migrations.AddConstraint(
            model_name="authority",
            constraint=models.UniqueConstraint(fields=("name", "country"), name="authority_is_known_once"),
        ),
        migrations.AddField(
            model_name="datarequest",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="data_requests",
                to="moderation.item",
            ),
        ),
        migrations.AddField(
            model_name="datarequest",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="endpointsecret",
            name="endpoint",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="secrets",
                to="moderation.webhookendpoint",
            ),
        ),
        migrations.AddField(
            model_name="helditem",
            name="item",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="held", to="moderation.item"
            ),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="lift_asked_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="lifted_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="placed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="placed_holds",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="helditem",
            name="hold",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="held_items",
                to="moderation.legalhold",
            ),
        ),
        migrations.AddField(
            model_name="preservedfile",
            name="hold",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="files", to="moderation.legalhold"
            ),
        ),
        migrations.AddField(
            model_name="preservedfile",
            name="snapshot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="preserved_files",
                to="moderation.snapshot",
            ),
        ),
        migrations.AddField(
            model_name="referral",
            name="authority",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="moderation.authority"
            ),
        ),
        migrations.AddField(
            model_name="referral",
            name="decision",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="referral", to="moderation.decision"
            ),
        ),
        migrations.AddField(
            model_name="referral",
            name="item",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="referrals", to="moderation.item"
            ),
        ),
        migrations.AddField(
            model_name="referral",
            name="sent_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sent_referrals",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="referral",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="holds",
                to="moderation.referral",
            ),
        ),
        migrations.AddField(
            model_name="cybertip",
            name="referral",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cyber_tip",
                to="moderation.referral",
            ),
        ),
        migrations.AddField(
            model_name="referralanswer",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="referralanswer",
            name="referral",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="moderation.referral"
            ),
        ),
        migrations.AddField(
            model_name="referralpackage",
            name="made_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="referralpackage",
            name="referral",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="packages", to="moderation.referral"
            ),
        ),
        migrations.AddField(
            model_name="retentionrule",
            name="policy",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to="moderation.policy"
            ),
        ),
        migrations.AddField(
            model_name="strike",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="strikes", to="moderation.item"
            ),
        ),
        migrations.AddField(
            model_name="strike",
            name="decision",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="strike", to="moderation.decision"
            ),
        ),
        migrations.AddField(
            model_name="strike",
            name="policy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="strikes", to="moderation.policy"
            ),
        ),
        migrations.AddConstraint(
            model_name="strikethreshold",
            constraint=models.UniqueConstraint(
                fields=("points", "window_days"), name="one_proposal_per_threshold"
            ),
        ),
        migrations.AddField(
            model_name="strikeweight",
            name="policy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="strike_weights",
                to="moderation.policy",
            ),
        ),
        migrations.AddIndex(
            model_name="approval",
            index=models.Index(
                condition=models.Q(("status", "waiting")), fields=["asked_at"], name="approval_waiting"
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("answered_by__isnull", True),
                    ("decided_by__isnull", True),
                    models.Q(("answered_by", models.F("decided_by")), _negated=True),
                    _connector="OR",
                ),
                name="nobody_approves_her_own_decision",
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("answered_at__isnull", True), ("answered_by__isnull", True), ("status", "waiting")
                    ),
                    models.Q(
                        ("answered_at__isnull", False), ("answered_by__isnull", True), ("status", "withdrawn")
                    ),
                    models.Q(
                        ("answered_at__isnull", False),
                        ("answered_by__isnull", False),
                        ("status__in", ["approved", "rejected", "amended"]),
                    ),
                    _connector="OR",
                ),
                name="an_answer_has_somebody_behind_it",
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "rejected"), _negated=True),
                    models.Q(("reasons", ""), _negated=True),
                    _connector="OR",
                ),
                name="a_rejection_has_reasons",
            ),
        ),
        migrations.AddConstraint(
            model_name="helditem",
            constraint=models.UniqueConstraint(fields=("hold", "item"), name="item_held_once_per_hold"),
        ),
        migrations.AddIndex(
            model_name="preservedfile",
            index=models.Index(
                condition=models.Q(("status", "waiting")),
                fields=["next_attempt_at"],
                name="preserved_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="preservedfile",
            constraint=models.UniqueConstraint(
                fields=("hold", "snapshot", "position"), name="file_preserved_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="preservedfile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "kept"), _negated=True),
                    models.Q(("content__isnull", False), ("fetched_at__isnull", False)),
                    _connector="OR",
                ),
                name="a_kept_file_is_there",
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(fields=["status", "-made_at"], name="referral_status"),
        ),
        migrations.AddIndex(
            model_name="legalhold",
            index=models.Index(
                condition=models.Q(("status__in", ["active", "lifting"])), fields=["until"], name="hold_until"
            ),
        ),
        migrations.AddConstraint(
            model_name="legalhold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "lifted"), _negated=True),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("lift_asked_by__isnull", False),
                        ("lifted_by__isnull", False),
                        models.Q(("lifted_by", models.F("lift_asked_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="two_people_lift_a_hold",
            ),
        ),
        migrations.AddIndex(
            model_name="cybertip",
            index=models.Index(
                condition=models.Q(("status", "waiting")), fields=["next_attempt_at"], name="cybertip_waiting"
            ),
        ),
        migrations.AddConstraint(
            model_name="cybertip",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "filed"), _negated=True),
                    models.Q(("filed_at__isnull", False), ("report_id__isnull", False)),
                    _connector="OR",
                ),
                name="a_filed_tip_has_its_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="retentionrule",
            constraint=models.UniqueConstraint(
                fields=("kind", "policy"), name="one_retention_per_kind_and_policy", nulls_distinct=False
            ),
        ),
        migrations.AddIndex(
            model_name="strike",
            index=models.Index(
                condition=models.Q(("status", "active")),
                fields=["account", "given_at"],
                name="strike_account",
            ),
        ),
        migrations.AddConstraint(
            model_name="strike",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("status", "active")),
                    models.Q(models.Q(("status", "active"), _negated=True), ("ended_at__isnull", False)),
                    _connector="OR",
                ),
                name="a_strike_ends_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="strikeweight",
            constraint=models.UniqueConstraint(fields=("policy", "severity"), name="one_weight_per_severity"),
        ),
        migrations.AddConstraint(
            model_name="strikeweight",
            constraint=models.CheckConstraint(
                condition=models.Q(("severity__range", (1, 5))), name="weighed_severity_is_1_to_5"
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="statement",
            name="puid",
            field=models.UUIDField(default=uuid.uuid4, unique=True),
        ),
        migrations.AlterField(
            model_name="enforcement",
            name="rests_on",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="resting", to="moderation.decision"
            ),
        ),
        migrations.AlterField(
            model_name="decision",
            name="severity",
            field=models.PositiveSmallIntegerField(),
        ),
    ]
