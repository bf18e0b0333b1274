/**
 * Starts Gunicorn for one application. Its arguments are the interface, the number of workers, and module and application.
 * Packages of the site's own virtual environment come before those of the image, and Gunicorn may be one of them.
 * The web server alone reaches the socket, so its word about the client is taken.
 */
export const pythonServe = `import importlib.util
import os
import site
import sys

interface, workers, application = sys.argv[1:]
directory = os.getcwd()
version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
packages = os.path.join(directory, ".venv", "lib", version, "site-packages")

# The first is the directory of this file.
usual = sys.path[1:]
sys.path[:] = usual
if os.path.isdir(packages):
    site.addsitedir(packages)
sys.path[:] = [directory] + [path for path in sys.path if path not in usual] + usual


def need(module):
    if importlib.util.find_spec(module) is None:
        sys.exit(
            f"{module} is neither in the image nor in {packages}: "
            f"make the site a virtual environment with {version} in .venv, and install {module} there"
        )


def worker():
    if interface == "wsgi":
        return ["--worker-class", "gthread", "--threads", "8"]
    need("uvicorn")
    # Uvicorn's worker for Gunicorn has become a package of its own.
    if importlib.util.find_spec("uvicorn_worker") is not None:
        return ["--worker-class", "uvicorn_worker.UvicornWorker"]
    return ["--worker-class", "uvicorn.workers.UvicornWorker"]


need("gunicorn")
sys.argv = [
    "gunicorn",
    "--bind",
    "unix:" + os.environ["PALISADE_SOCKET"],
    "--workers",
    workers,
    *worker(),
    "--worker-tmp-dir",
    "/tmp",
    "--graceful-timeout",
    "30",
    "--forwarded-allow-ips",
    "*",
    application,
]

from gunicorn.app.wsgiapp import run

run()
`
