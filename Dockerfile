# Debian's own Python; the libraries are installed in a stage of their own, so that no compiler and no
# package manager's cache is in what runs. The lock names every version. Where libraries come from an index
# or through a certificate of one's own, the build is given them as secrets, of which nothing stays:
#   docker build --secret id=pip,src=/etc/pip.conf --secret id=certificates,src=ca-certificates.crt .
FROM docker.io/library/debian:bookworm-slim AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/suian
WORKDIR /src
COPY requirements.lock ./
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt \
    /opt/suian/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY alerting ./alerting
COPY connectors ./connectors
COPY rules ./rules
RUN /opt/suian/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
 && /opt/suian/bin/pip uninstall --yes pip setuptools \
 && find /opt/suian -name tests -type d -prune -exec rm -rf {} +

FROM docker.io/library/debian:bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 ca-certificates tzdata \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --home-dir /srv/suian --shell /usr/sbin/nologin suian
COPY --from=build /opt/suian /opt/suian
# Behind the container's port nobody is at the machine itself: every page asks for a login. For the demo
#   docker run --rm --publish 127.0.0.1:8080:8080 suian serve --play
# and open one of the login links it prints. At home, `suian password PERSON` gives people theirs.
# The demo county; a district mounts its own folder (`suian init`) over /srv/suian.
WORKDIR /srv/suian
COPY config.yaml ./
COPY county ./county
COPY rules ./rules
COPY exercises ./exercises
RUN mkdir var && chown suian:suian var
ENV PATH=/opt/suian/bin:$PATH PYTHONUNBUFFERED=1 SUIAN_ADDRESS=0.0.0.0
USER suian
VOLUME /srv/suian/var
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python3", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('SUIAN_PORT', '8080') + '/healthz', timeout=4)"]
# SIGINT ends the service in order: what is being sent is finished, the log is sealed.
STOPSIGNAL SIGINT
ENTRYPOINT ["suian"]
CMD ["serve"]
