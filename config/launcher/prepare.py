"""Makes the database ready for the demo: `python -m config.launcher.prepare`.

Both commands in one process, because each start of Django takes a second or more.
"""

import os

import django
from django.core.management import call_command


def prepare() -> None:
    """Bring the tables up to date and load the sample data, as far as it is missing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    print("Bringing the tables up to date …", flush=True)
    call_command("migrate", interactive=False)
    print("Loading the sample data …", flush=True)
    call_command("sample_data")


if __name__ == "__main__":
    prepare()
