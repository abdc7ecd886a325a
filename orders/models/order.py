"""An order, its lines and what happened to it."""

from django.conf import settings
from django.db import models

from books.models import Edition


class Order(models.Model):
    """A customer's order. Its state changes through `orders.states.move` only."""

    class State(models.TextChoices):
        AWAITING_PAYMENT = "awaiting_payment", "awaiting payment"
        PAID = "paid", "paid"
        IN_REVIEW = "in_review", "digital copy with the parent"
        APPROVED = "approved", "approved for print"
        IN_PRINT = "in_print", "in print"
        SHIPPED = "shipped", "on its way"
        DELIVERED = "delivered", "delivered"
        COMPLETED = "completed", "completed"
        CANCELLED = "cancelled", "cancelled"

    class ContactBy(models.TextChoices):
        EMAIL = "email", "e-mail"
        PHONE = "phone", "telephone"

    number = models.CharField(max_length=12, unique=True, help_text="Shown to people, as in LD-7K3M9Q.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="orders"
    )
    state = models.CharField(max_length=20, choices=State.choices, default=State.AWAITING_PAYMENT, db_index=True)
    checkout_key = models.CharField(
        max_length=43, unique=True, help_text="One per shown checkout: a second click finds it."
    )
    name = models.CharField(max_length=120)
    email = models.EmailField()
    phone = models.CharField(max_length=24)
    street = models.CharField(max_length=160)
    street_2 = models.CharField(max_length=160, blank=True)
    postal_code = models.CharField(max_length=16)
    city = models.CharField(max_length=80)
    country = models.CharField(max_length=2)
    shipping_method = models.CharField(max_length=20)
    currency = models.CharField(max_length=3)
    # Minor units (cents), VAT included. `total` is what is paid by card.
    items_total = models.PositiveIntegerField()
    shipping_total = models.PositiveIntegerField()
    discount_total = models.PositiveIntegerField(default=0, help_text="What a coupon takes off the books (P39).")
    points_used = models.PositiveIntegerField(default=0, help_text="Reward points that pay for a part (P40).")
    point_value = models.PositiveIntegerField(default=0, help_text="Minor units that a point was worth on that day.")
    total = models.PositiveIntegerField()
    vat_rate_bp = models.PositiveIntegerField(help_text="VAT rate in basis points: 2500 is 25 %.")
    vat_total = models.PositiveIntegerField()
    no_withdrawal_shown_at = models.DateTimeField(
        help_text="When the customer was told that personalised goods cannot be withdrawn from."
    )
    contact_by = models.CharField(
        max_length=5, choices=ContactBy.choices, default=ContactBy.EMAIL, help_text="If a payment fails (P64)."
    )
    replaces = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replacements",
        help_text="The order whose faulty book this one replaces, free of charge (P43).",
    )  # fmt: skip
    held_at = models.DateTimeField(
        null=True, blank=True, help_text="Nothing of it is sent to the printer while staff decide about it."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    shipped_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(
                    items_total=models.F("total")
                    - models.F("shipping_total")
                    + models.F("discount_total")
                    + models.F("points_used") * models.F("point_value")
                ),
                name="orders_order_total_adds_up",
            ),
            # A coupon and points pay for books only: the delivery is always paid by card.
            models.CheckConstraint(
                condition=models.Q(total__gte=models.F("shipping_total")), name="orders_order_delivery_by_card"
            ),
            models.CheckConstraint(
                condition=models.Q(vat_total__lte=models.F("total")), name="orders_order_vat_in_total"
            ),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def points_total(self) -> int:
        """What the points paid, in minor units."""
        return self.points_used * self.point_value


class OrderLine(models.Model):
    """One book of an order, with the options it was ordered with (P48)."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    edition = models.OneToOneField(Edition, null=True, on_delete=models.SET_NULL, related_name="order_line")
    title = models.CharField(max_length=120, help_text="The story's short title, without the child's name.")
    format = models.CharField(max_length=20)
    quantity = models.PositiveSmallIntegerField()
    unit_price = models.PositiveIntegerField()
    discount = models.PositiveIntegerField(default=0, help_text="The line's share of the coupon, minor units.")
    points = models.PositiveIntegerField(default=0, help_text="The line's share of the points.")
    cancelled_at = models.DateTimeField(null=True, blank=True, help_text="This book alone was cancelled (P23).")
    approved_revision = models.PositiveIntegerField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(discount__lte=models.F("unit_price") * models.F("quantity")),
                name="orders_orderline_discount_in_price",
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} x {self.title}"

    @property
    def total(self) -> int:
        """The price of the line in minor units, before a coupon and points."""
        return self.unit_price * self.quantity


class OrderEvent(models.Model):
    """What happened to an order, for the customer and for staff. Never holds anything about the child."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=30)
    actor = models.CharField(max_length=40)
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.kind
