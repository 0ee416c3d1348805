# Made by Landfall for this repository (play, java, 21). It builds anywhere: docker build .
# Version 21: default.
# Because of build.sbt: manifest sbt
# Because of project/plugins.sbt: plugin play
# Because of project/plugins.sbt: framework play

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG JAVA_BUILD_IMAGE=maven:3-eclipse-temurin-21
ARG JAVA_IMAGE=eclipse-temurin:21-jre

# Builds the app with sbt.
FROM ${JAVA_BUILD_IMAGE} AS build
WORKDIR /src
# sbt's launcher, which fetches the rest of it.
RUN --mount=type=cache,id=maven,target=/root/.m2 \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=javaca,target=/etc/ssl/certs/java/cacerts \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    mvn -B -q dependency:copy -Dartifact=org.scala-sbt:sbt-launch:1.11.2 -DoutputDirectory=/opt/sbt -Dmdep.stripVersion=true
COPY . ./
RUN --mount=type=cache,id=coursier,target=/root/.cache/coursier \
    --mount=type=cache,id=sbt,target=/root/.sbt,sharing=locked \
    --mount=type=cache,id=maven,target=/root/.m2 \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=javaca,target=/etc/ssl/certs/java/cacerts \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    java -Xmx1500m -Dsbt.ci=true -Dsbt.color=false -jar /opt/sbt/sbt-launch.jar stage \
 && mkdir -p /out && cp -r "$(ls -d target/universal/stage/ */target/universal/stage/ 2>/dev/null | head -n 1)". /out/ \
 && cd /out/bin && { [ -e my-play-app ] || mv "$(ls | grep -v '\.bat$' | head -n 1)" my-play-app; }

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
CMD ["sh","-c","exec bin/my-play-app -Dhttp.port=$PORT -Dpidfile.path=/dev/null"]
