"""What a visitor is about to order."""

from django.db import models

from books.models import Edition


class BasketLine(models.Model):
    """A book in a visitor's basket. The session holds only the basket's random key."""

    basket = models.CharField(max_length=43, db_index=True)
    edition = models.OneToOneField(Edition, on_delete=models.CASCADE, related_name="basket_line")
    format = models.CharField(max_length=20)
    quantity = models.PositiveSmallIntegerField(default=1)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"basket line {self.pk}"
