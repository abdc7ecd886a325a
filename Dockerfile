# One image for web, worker and the one-off commands; docker-compose.yml says which is which.
FROM python:3.13-slim-bookworm

RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 shop

WORKDIR /shop
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock
COPY --chown=shop . .

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DEMO=false \
    DATA_DIR=/data \
    PUBLISHED_DIR=/shop/.cache/published \
    STATIC_ROOT=/shop/.cache/static
# Publishing and static files need no secret of the shop; they belong to the image.
RUN DEMO=true DATA_DIR=/tmp/build python manage.py publish_story \
    && DEMO=true DATA_DIR=/tmp/build python manage.py collectstatic --noinput \
    && rm -rf /tmp/build && mkdir -p /data /keys && chown shop /data /keys
USER shop
EXPOSE 8000
CMD ["gunicorn", "littledreamers.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--worker-tmp-dir", "/dev/shm"]
