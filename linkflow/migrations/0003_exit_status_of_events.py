from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('linkflow', '0002_pages'),
    ]

    operations = [
        migrations.AddField(
            model_name='linkevent',
            name='exit_status',
            field=models.CharField(blank=True, max_length=24),
        ),
    ]
