from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_pages'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='app',
            options={'base_manager_name': 'objects'},
        ),
        migrations.AddField(
            model_name='app',
            name='logo_hash',
            field=models.CharField(blank=True, max_length=22),
        ),
        migrations.AddField(
            model_name='app',
            name='lost_origins',
            field=models.JSONField(default=list),
        ),
    ]
