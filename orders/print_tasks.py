"""Background work on print jobs."""

from celery import shared_task

from orders import printing

BATCH = 20


@shared_task(name="orders.make_print_job")
def make_print_job(job_id: int) -> None:
    """Make and send one job."""
    printing.make_and_send(job_id)


@shared_task(name="orders.sweep_print_jobs")
def sweep_print_jobs() -> None:
    """Work on jobs that wait, oldest first."""
    for job_id in list(printing.waiting().order_by("pk").values_list("pk", flat=True)[:BATCH]):
        printing.make_and_send(job_id)
