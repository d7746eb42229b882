import django.core.validators
import django.db.models.deletion
import integrations.fields
import integrations.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('integrations', '0004_inbound_events'),
    ]

    operations = [
        migrations.CreateModel(
            name='EventEndpoint',
            fields=[
                ('id', models.UUIDField(default=integrations.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('url', models.URLField(max_length=400)),
                ('name', models.CharField(blank=True, default='', max_length=80)),
                ('kinds', models.JSONField(blank=True, default=list)),
                ('enabled', models.BooleanField(default=True)),
                ('disabled_code', models.CharField(blank=True, default='', max_length=20)),
                ('disabled_reason', models.TextField(blank=True, default='')),
                ('disabled_at', models.DateTimeField(blank=True, null=True)),
                ('secrets', integrations.fields.EncryptedJSONField(blank=True, default=list)),
                ('secret_changed_at', models.DateTimeField(blank=True, null=True)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('failing_since', models.DateTimeField(blank=True, null=True)),
                ('rest_until', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'ordering': ['created_at'],
            },
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.UUIDField(default=integrations.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('cause', models.CharField(max_length=200)),
                ('subject', models.CharField(max_length=200)),
                ('detail', models.TextField(blank=True, default='')),
                ('count', models.PositiveIntegerField(default=1)),
                ('state', models.CharField(choices=[('open', 'Open'), ('acknowledged', 'Acknowledged'), ('recovered', 'Recovered')], default='open', max_length=12)),
                ('first_seen_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('recovered_at', models.DateTimeField(blank=True, null=True)),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('acknowledged_by', models.CharField(blank=True, default='', max_length=120)),
                ('told_at', models.DateTimeField(blank=True, null=True)),
                ('recovery_told_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-first_seen_at'],
                'indexes': [models.Index(fields=['-first_seen_at', 'id'], name='alert_by_time')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['open', 'acknowledged'])), fields=('cause',), name='alert_one_open')],
            },
        ),
        migrations.CreateModel(
            name='AlertSettings',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('recipients', models.JSONField(blank=True, default=list)),
                ('to_owners', models.BooleanField(default=True)),
                ('muted', models.JSONField(blank=True, default=list)),
                ('failures_over', models.PositiveIntegerField(default=10, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000000)])),
                ('failed_polls', models.PositiveSmallIntegerField(default=5, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)])),
                ('overdue_minutes', models.PositiveSmallIntegerField(default=30, validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(10080)])),
                ('stalled_hours', models.PositiveSmallIntegerField(default=6, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(720)])),
                ('expiry_days', models.PositiveSmallIntegerField(default=14, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)])),
                ('marks', models.JSONField(blank=True, default=dict, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='alert_settings_once')],
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.UUIDField(default=integrations.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('subject', models.CharField(max_length=200)),
                ('data', models.JSONField()),
                ('dedupe', models.CharField(blank=True, default='', max_length=200)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-created_at'],
                'indexes': [models.Index(fields=['created_at'], name='event_by_time')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('dedupe', ''), _negated=True), fields=('dedupe',), name='event_once')],
            },
        ),
        migrations.CreateModel(
            name='EventDelivery',
            fields=[
                ('id', models.UUIDField(default=integrations.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('failed', 'Failed'), ('delivered', 'Delivered'), ('given_up', 'Given Up')], default='pending', max_length=10)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('fence', models.PositiveIntegerField(default=0)),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField()),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='integrations.event')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='integrations.eventendpoint')),
            ],
            options={
                'verbose_name_plural': 'event deliveries',
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='EventAttempt',
            fields=[
                ('id', models.UUIDField(default=integrations.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('started_at', models.DateTimeField()),
                ('duration_ms', models.PositiveIntegerField(blank=True, null=True)),
                ('status', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('code', models.CharField(blank=True, default='', max_length=40)),
                ('answer', models.TextField(blank=True, default='')),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='integrations.eventdelivery')),
            ],
            options={
                'ordering': ['delivery', 'number'],
                'constraints': [models.UniqueConstraint(fields=('delivery', 'number'), name='event_attempt_once')],
            },
        ),
        migrations.AddIndex(
            model_name='eventdelivery',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['endpoint', 'due_at'], name='event_delivery_due'),
        ),
        migrations.AddIndex(
            model_name='eventdelivery',
            index=models.Index(fields=['endpoint', '-created_at'], name='event_delivery_log'),
        ),
        migrations.AddIndex(
            model_name='eventdelivery',
            index=models.Index(fields=['-created_at', 'id'], name='event_delivery_by_time'),
        ),
        migrations.AddConstraint(
            model_name='eventdelivery',
            constraint=models.UniqueConstraint(fields=('event', 'endpoint'), name='event_delivery_once'),
        ),
    ]
