from django.db import migrations


def keep_refunds(apps, schema_editor):
    """A case had one refund; now it has a row for each, and says itself how much goes back."""
    Case = apps.get_model("refunds", "Case")
    CaseRefund = apps.get_model("refunds", "CaseRefund")
    for case in Case.objects.exclude(refund=None).select_related("refund"):
        CaseRefund.objects.get_or_create(case=case, refund=case.refund)
        Case.objects.filter(pk=case.pk).update(amount=case.refund.amount, decided_at=case.created_at)


class Migration(migrations.Migration):
    dependencies = [("refunds", "0003_cases_and_returns")]
    operations = [migrations.RunPython(keep_refunds, migrations.RunPython.noop)]
