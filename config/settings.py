"""Settings: where and how Fairlead runs, read from the environment.

What the desk does (queues, rules, policies, keyword lists, due times) is policy: it lives in the database,
changes through the screens, and each change is an Event.
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF

from config.languages.table import LANGUAGES as LANGUAGES

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
# Without one Django refuses to start; tools that only read the settings get by.
SECRET_KEY = env.str("SECRET_KEY", default="")
# Former keys, so that a new one does not cut off the appeal links of statements already sent.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

# The public address of this desk, as it stands in links that people are sent.
FAIRLEAD_URL = env.str("FAIRLEAD_URL", default="http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [FAIRLEAD_URL]

# Modules that register detectors and other hooks (see moderation/hookspecs.py).
FAIRLEAD_PLUGINS = env.list("FAIRLEAD_PLUGINS", default=[])

# Seconds. The timings that a deployment may need to change; tests shorten them.
LEASE_SECONDS = env.int("LEASE_SECONDS", default=600)
SCREENING_LEASE_SECONDS = env.int("SCREENING_LEASE_SECONDS", default=60)
DETECTOR_TIMEOUT_SECONDS = env.float("DETECTOR_TIMEOUT_SECONDS", default=10.0)
DELIVERY_LEASE_SECONDS = env.int("DELIVERY_LEASE_SECONDS", default=60)
WEBHOOK_TIMEOUT_SECONDS = env.float("WEBHOOK_TIMEOUT_SECONDS", default=20.0)
FORESIGHT_LEASE_SECONDS = env.int("FORESIGHT_LEASE_SECONDS", default=60)
FILING_LEASE_SECONDS = env.int("FILING_LEASE_SECONDS", default=600)
SWEEP_SECONDS = env.int("SWEEP_SECONDS", default=10)
# For so long a moderator can take back what she has just submitted; nothing of it is sent before.
UNDO_SECONDS = env.float("UNDO_SECONDS", default=10.0)
# Shortens the waits between attempts to deliver, for tests that cannot wait three days.
WEBHOOK_WAIT_SCALE = env.float("WEBHOOK_WAIT_SCALE", default=1.0)

# Networks (CIDR) that Fairlead may call although they are not public. Everything else private is refused.
WEBHOOK_ALLOWED_NETWORKS = env.list("WEBHOOK_ALLOWED_NETWORKS", default=[])
# The largest file that is fetched and preserved under a legal hold.
PRESERVED_FILE_BYTES = env.int("PRESERVED_FILE_BYTES", default=50_000_000)
# The NCMEC CyberTipline's Reporting API: its address and the account that NCMEC gave this desk.
CYBERTIPLINE_URL = env.str("CYBERTIPLINE_URL", default="").rstrip("/")
CYBERTIPLINE_USER = env.str("CYBERTIPLINE_USER", default="")
CYBERTIPLINE_PASSWORD = env.str("CYBERTIPLINE_PASSWORD", default="")
# Whether this desk has signed NCMEC's agreement on sharing hashes: only then are files classified (A1 to B2).
CYBERTIPLINE_HASH_SHARING = env.bool("CYBERTIPLINE_HASH_SHARING", default=False)

# Files that people add to an appeal: how many, how large each may be (bytes), and of how many pixels a picture.
APPEAL_FILES = env.int("APPEAL_FILES", default=5)
APPEAL_FILE_BYTES = env.int("APPEAL_FILE_BYTES", default=10_000_000)
APPEAL_FILE_PIXELS = env.int("APPEAL_FILE_PIXELS", default=40_000_000)
# For so long a person has time to answer the question that a moderator asks about her appeal.
QUESTION_DAYS = env.int("QUESTION_DAYS", default=7)

# E-mail to people who appeal: smtp://user:password@host:port, smtp+tls://…, or filemail:////a/directory (four slashes).
# Empty: none is sent, and nobody is asked for an address.
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update(env.email_url_config(EMAIL_URL))
    EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="Fairlead <noreply@localhost>")

# The documented limits of the API (docs/api.md).
API_BODY_BYTES = env.int("API_BODY_BYTES", default=1_000_000)
API_BATCH_BYTES = env.int("API_BATCH_BYTES", default=64_000_000)
API_BATCH_LINES = env.int("API_BATCH_LINES", default=10_000)
API_TEXT_CHARACTERS = env.int("API_TEXT_CHARACTERS", default=100_000)
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=6_000)
# Django's own limit comes after ours, which answers in problem details.
DATA_UPLOAD_MAX_MEMORY_SIZE = max(2_621_440, API_BODY_BYTES)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "axes",
    "channels",
    "csp",
    "django_htmx",
    "django_rq",
    "heroicons",
    "ninja",
    "accounts",
    "moderation",
    "appeals",
    "transparency",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.compression.Compression",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.permissions.PermissionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,  # and each template is read once, not once a page
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# The pool replaces persistent connections, which leak under ASGI. Workers fork, so they go without it.
DATABASES = {
    "default": env.db(
        "DATABASE_URL", default="postgres://localhost/fairlead", engine="django.db.backends.postgresql"
    )
}
DATABASES["default"].update(
    CONN_MAX_AGE=0,
    OPTIONS={"pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL", default=16), "timeout": 10}}
    if env.bool("DATABASE_POOLED", default=False)
    else {},
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
RQ = {"WORKER_CLASS": "config.worker.Worker"}
RQ_QUEUES = {
    name: {
        "URL": REDIS_URL,
        "DEFAULT_TIMEOUT": seconds,
        # Pickle would let whoever can write to Redis run code here.
        "SERIALIZER": "rq.serializers.JSONSerializer",
    }
    for name, seconds in (
        ("default", 120),
        ("delivery", 120),
        ("letters", 180),
        ("foresight", 3600),
        ("filing", 3600),
    )
}
# What is published in one of Redis's numbered databases is heard in all: the number keeps two desks apart.
CHANNEL_PREFIX = f"fairlead{urlsplit(REDIS_URL).path.strip('/') or 0}"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": CHANNEL_PREFIX},
    }
}
# Caches hold only what may be a few seconds old, so each process keeps its own: Redis stays a bell.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "board"
LOGOUT_REDIRECT_URL = "sign-in"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "accounts/locked_out.html"

LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "static-collected"))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
# Nothing to other sites. To our own, browsers must say where a form came from, or the CSRF check refuses it.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
# Everything behind https is marked so; a desk on http://127.0.0.1 must still let people sign in.
_HTTPS = FAIRLEAD_URL.startswith("https://")
SESSION_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_SECURE = _HTTPS
SECURE_SSL_REDIRECT = _HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # load balancers ask it over plain http
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "filters": {"links": {"()": "config.hidden_links.HideLinks"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["links"]}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    # Each attempt to deliver a webhook has its row; a line per request would say it again.
    "loggers": {"httpx": {"level": "WARNING"}},
}
