"""Tells what runs it, writes a row and counts what is there. A WSGI application, PEP 3333."""

import json
import os
import platform
from pathlib import Path

import psycopg2


def database():
    host, name = os.environ["DATABASE_HOST"], os.environ["DATABASE_NAME"]
    password = Path(f"/run/secrets/{host}-{name}").read_text().strip()
    connection = psycopg2.connect(host=host, dbname=name, user=name, password=password)
    try:
        with connection, connection.cursor() as cursor:
            # Two first visits at once may both try to make the table: one of them waits for the other.
            cursor.execute("SELECT pg_advisory_xact_lock(1)")
            cursor.execute("CREATE TABLE IF NOT EXISTS visits (id serial PRIMARY KEY, site text NOT NULL)")
            cursor.execute("INSERT INTO visits (site) VALUES (%s)", ("api",))
            cursor.execute("SELECT count(*), current_setting('server_version') FROM visits")
            visits, version = cursor.fetchone()
            return {"engine": host, "version": version, "visits": visits}
    finally:
        connection.close()


def application(environ, start_response):
    body = {
        "site": environ["HTTP_HOST"],
        "runtime": "python",
        "version": platform.python_version(),
        "database": database(),
    }
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    start_response("200 OK", headers)
    return [json.dumps(body).encode() + b"\n"]
