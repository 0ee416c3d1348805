# Made by Landfall for this repository (javalin, java, 21). It builds anywhere: docker build .
# Version 21: server/build.gradle sourceCompatibility.
# Because of settings.gradle: manifest gradle
# Because of server/build.gradle: plugin application
# Because of server/build.gradle: framework javalin

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG JAVA_BUILD_IMAGE=maven:3-eclipse-temurin-21
ARG JAVA_IMAGE=eclipse-temurin:21-jre

# Builds server with gradle.
FROM ${JAVA_BUILD_IMAGE} AS build
WORKDIR /src
ENV GRADLE_USER_HOME=/root/.gradle
COPY . ./
RUN --mount=type=cache,id=gradle,target=/root/.gradle,sharing=locked \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=javaca,target=/etc/ssl/certs/java/cacerts \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    sed -i 's/\r$//' gradlew && chmod +x gradlew \
 && ./gradlew --no-daemon --console=plain -q :server:installDist -x test \
 && mkdir -p /out && cp -r "$(ls -d server/build/install/*/ 2>/dev/null | head -n 1)". /out/ \
 && cd /out/bin && { [ -e server ] || mv "$(ls | grep -v '\.bat$' | head -n 1)" server; }

# A Java runtime without compiler, and what was built.
FROM ${JAVA_IMAGE} AS runtime
WORKDIR /app
COPY --from=build /out/ ./
# The heap follows the memory that the container is given.
ENV JAVA_TOOL_OPTIONS="-XX:MaxRAMPercentage=75 -XX:+ExitOnOutOfMemoryError"
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["bin/server"]
