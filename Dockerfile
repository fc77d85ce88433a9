# The page and the service in one image. Build: docker build -t mehealth-rag:0.2.0 .
FROM python:3.11-slim-bookworm AS build

# torch's own index has the build for processors only; the other one is some gigabytes larger.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY corpus ./corpus
COPY src ./src
COPY ui ./ui
COPY eval/mehealth_eval ./eval/mehealth_eval
RUN python -m venv /opt/mehealth \
 && /opt/mehealth/bin/pip install --no-cache-dir \
      --constraint constraints.txt --extra-index-url "${TORCH_INDEX}" '.[ui,llm,postgres]'

FROM python:3.11-slim-bookworm

RUN useradd --uid 10001 --no-create-home --home-dir /tmp mehealth \
 && install --directory --owner 10001 --group 10001 /data
COPY --from=build /opt/mehealth /opt/mehealth

# Nothing is written but into /data (the index, what people say of answers) and /tmp.
ENV PATH=/opt/mehealth/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    MEHEALTH_INDEX=/data/index \
    MEHEALTH_UI_AUTH=/data/people.txt \
    MEHEALTH_UI_HOST=0.0.0.0
WORKDIR /data
VOLUME /data
USER 10001:10001
EXPOSE 7860

HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]

STOPSIGNAL SIGTERM
ENTRYPOINT ["mehealth"]
CMD ["serve"]
