"""The user's encrypted provider keys. There is no type here for what is inside."""

from django.db import models

from accounts.models import User


class VaultItem(models.Model):
    """One provider key of one user, sealed under the vault key (protocol.md, "Vault")."""

    id = models.CharField(primary_key=True, max_length=44)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="vault_items")
    provider = models.CharField(max_length=32)
    ciphertext = models.TextField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "provider"], name="one_key_a_provider")]
