# Targets: runtime (the CLI and the four services) and gpu (the same on CUDA's libraries).

FROM eclipse-temurin:25-jdk-noble AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends curl ca-certificates maven xz-utils \
    && rm -rf /var/lib/apt/lists/*
# The console's build needs Node.
COPY --from=node:24-bookworm-slim /usr/local/bin/node /usr/local/bin/node
COPY --from=node:24-bookworm-slim /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
    && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
WORKDIR /opt/dipper
COPY . .
RUN mvn -B -ntp package -DskipTests -Dspotless.check.skip

FROM eclipse-temurin:25-jdk-noble AS runtime
RUN apt-get update \
    && apt-get install -y --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/dipper dipper \
    && mkdir -p /var/lib/dipper/models /var/lib/dipper/cache \
    && chown -R dipper:dipper /var/lib/dipper
COPY --from=build /opt/dipper/cli/target/dist /opt/dipper/cli/target/dist
COPY --from=build /opt/dipper/tools/java.sh /opt/dipper/tools/java.sh
COPY --from=build /opt/dipper/models /opt/dipper/models
ENV DIPPER_HOME=/var/lib/dipper XDG_CACHE_HOME=/var/lib/dipper/cache HF_HOME=/var/lib/dipper/models/.hub
USER dipper
WORKDIR /var/lib/dipper
ENTRYPOINT ["/opt/dipper/tools/java.sh", "/opt/java/openjdk", "/opt/dipper/cli/target/dist"]
CMD ["--help"]

# ONNX Runtime's own build for CUDA 12, in the version that the application carries for processors.
FROM build AS onnxruntime-gpu
RUN version=$(sed -n 's:.*<onnxruntime.version>\(.*\)</.*:\1:p' pom.xml) \
    && mvn -B -ntp -N dependency:copy -Dartifact=com.microsoft.onnxruntime:onnxruntime_gpu:$version -DoutputDirectory=/tmp/gpu \
    && mkdir -p /opt/onnxruntime && cd /opt/onnxruntime \
    && for library in "" _providers_cuda _providers_shared; do \
           jar xf /tmp/gpu/*.jar ai/onnxruntime/native/linux-x64/libonnxruntime$library.so; done \
    && mv ai/onnxruntime/native/linux-x64/* . && rm -rf ai /tmp/gpu

FROM nvidia/cuda:12.9.1-cudnn-runtime-ubuntu24.04 AS gpu
RUN apt-get update \
    && apt-get install -y --no-install-recommends curl cuda-nvrtc-12-9 libcublas-12-9 libcurand-12-9 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/dipper dipper \
    && mkdir -p /var/lib/dipper/models /var/lib/dipper/cache \
    && chown -R dipper:dipper /var/lib/dipper
COPY --from=runtime /opt/java/openjdk /opt/java/openjdk
COPY --from=runtime /opt/dipper /opt/dipper
COPY --from=onnxruntime-gpu /opt/onnxruntime /opt/onnxruntime
ENV DIPPER_HOME=/var/lib/dipper XDG_CACHE_HOME=/var/lib/dipper/cache HF_HOME=/var/lib/dipper/models/.hub \
    DIPPER_ORT_LIBRARY=/opt/onnxruntime/libonnxruntime.so
USER dipper
WORKDIR /var/lib/dipper
ENTRYPOINT ["/opt/dipper/tools/java.sh", "/opt/java/openjdk", "/opt/dipper/cli/target/dist"]
CMD ["--help"]
