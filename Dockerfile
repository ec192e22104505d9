# mockserver in a container. From the root of a checkout:
#   docker build -t mockserver .
#   docker run --init -p 127.0.0.1:8080:8080 mockserver
#   docker run --init -p 127.0.0.1:8080:8080 -e MOCKSERVER_CONTROL_TOKEN=secret mockserver --pace instant
# From outside the container the control API and the dashboard want that token, and without one they refuse everybody.

FROM docker.io/library/python:3.13-slim AS build
COPY pyproject.toml README.md LICENSE /checkout/
COPY mockserver /checkout/mockserver
COPY schemas /checkout/schemas
COPY fixtures /checkout/fixtures
COPY contract_tests /checkout/contract_tests
COPY examples /checkout/examples
# Its pip is that of the image: what runs needs none.
RUN python -m venv --without-pip /opt/mockserver \
 && pip --python /opt/mockserver/bin/python install --no-cache-dir '/checkout[redis]'

FROM docker.io/library/python:3.13-slim
# For the prompts on results: Latin, Greek, Cyrillic, Chinese and Japanese letters.
RUN apt-get update && apt-get install -y --no-install-recommends fonts-wqy-zenhei && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/mockserver /opt/mockserver
ENV PATH=/opt/mockserver/bin:$PATH PYTHONUNBUFFERED=1 MOCKSERVER_HOST=0.0.0.0
USER 10001:10001
EXPOSE 8080
# The image has no curl. What cannot reach its store is not ready, and says 503.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --start-interval=1s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/_mock/ready', timeout=2)"]
ENTRYPOINT ["mockserver"]
CMD ["serve"]
