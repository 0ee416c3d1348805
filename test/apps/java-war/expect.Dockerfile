# Made by Landfall for this repository (java, 11). It builds anywhere: docker build .
# Version 11: system.properties.
# Because of pom.xml: manifest maven
# Because of pom.xml: packaging war

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG JAVA_BUILD_IMAGE=maven:3-eclipse-temurin-11
ARG JAVA_IMAGE=eclipse-temurin:11-jre

# Builds the app with maven.
FROM ${JAVA_BUILD_IMAGE} AS build
WORKDIR /src
COPY . ./
RUN --mount=type=cache,id=maven,target=/root/.m2 \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=javaca,target=/etc/ssl/certs/java/cacerts \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    mvn -B -q -DskipTests package \
 && mkdir -p /out \
 && cp "$(ls -S target/*.war | grep -Ev '/original-|-(sources|javadoc|tests?|plain)\.jar$' | head -n 1)" /out/portal.war

# The servlet container that serves the war (com.heroku:webapp-runner:9.0.89.0).
FROM ${JAVA_BUILD_IMAGE} AS server
RUN --mount=type=cache,id=maven,target=/root/.m2 \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=javaca,target=/etc/ssl/certs/java/cacerts \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    mvn -B -q dependency:copy -Dartifact=com.heroku:webapp-runner:9.0.89.0 -DoutputDirectory=/out -Dmdep.stripVersion=true

# A Java runtime without compiler, and what was built.
FROM ${JAVA_IMAGE} AS runtime
WORKDIR /app
COPY --from=server /out/ ./
COPY --from=build /out/ ./
# The heap follows the memory that the container is given.
ENV JAVA_TOOL_OPTIONS="-XX:MaxRAMPercentage=75 -XX:+ExitOnOutOfMemoryError"
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["sh","-c","exec java -jar webapp-runner.jar --port $PORT portal.war"]
